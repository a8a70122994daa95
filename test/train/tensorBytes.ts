/** What a file of safetensors holds behind its header: all tensors, without what the header tells, as by which host they were computed. */
export const tensorBytes = (file: Uint8Array): Uint8Array =>
  file.subarray(8 + new DataView(file.buffer, file.byteOffset).getUint32(0, true));
