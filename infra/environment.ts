/** The environment, read here and nowhere else: whoever needs some of it is given it as an argument. */

export const environment: Readonly<Record<string, string | undefined>> = process.env;
