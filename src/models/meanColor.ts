/** Blue, green, red, 0…255: ImageNet's mean color as Caffe's weights have it subtracted from a network's input. */
export const meanColor = [104.00698793, 116.66876762, 122.67891434] as const;
