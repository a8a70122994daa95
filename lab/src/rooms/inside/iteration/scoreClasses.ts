/** The classes of a picture of which nothing else is known. */
export const brightnessClasses = ["dark", "middle", "light"];
