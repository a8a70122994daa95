/** WebGPU's flag values, fixed by its specification; the objects that hold them are missing from Node. */
export const BufferUsage = {
  mapRead: 0x01,
  copySource: 0x04,
  copyDestination: 0x08,
  uniform: 0x40,
  storage: 0x80,
  queryResolve: 0x200,
} as const;
export const MapMode = { read: 0x01 } as const;
export const ShaderStage = { compute: 0x04 } as const;
export const TextureUsage = { copySource: 0x01, copyDestination: 0x02, renderAttachment: 0x10 } as const;
