export function checkLinks(
  folder: string,
  base: string,
): Promise<{ readonly broken: readonly string[]; readonly pages: number; readonly elsewhere: readonly string[] }>;
