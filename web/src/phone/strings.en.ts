/** Every text of the phone page, in English. Another language is another file of this shape. */
export const strings = {
  title: "nearby",
};

export type Strings = typeof strings;
