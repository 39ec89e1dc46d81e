/** Every text of the console, in English. Another language is another file of this shape. */
export const strings = {
  title: "nearby console",
};

export type Strings = typeof strings;
