/** Names as the loosest file system would read them: two that could be one file there are one name here. */

/** Characters that show nothing, and that some file systems leave out of a name. */
const IGNORED = /\p{Default_Ignorable_Code_Point}/gu;

/** Case, compatibility forms and ignored characters taken off. */
export const folded = (name: string): string =>
  /^[ -@[-~]*$/.test(name) ? name : name.normalize("NFKC").replace(IGNORED, "").toLowerCase().normalize("NFKC");
