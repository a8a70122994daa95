/** The label of pixels that no loss and no metric counts (VOC: void, the border of objects). */
export const ignoreLabel = 255;
