/** What the local analyst is called, apart from all that it is: every command knows these names. */

/** The model id that stands for it; requests for another are answered under that other name. */
export const localAnalystModel = "local-analyst";

/** Of runs that ask it. Every worker has it; the number changes when its answers do. */
export const localBinding = "local-1";
