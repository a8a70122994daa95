import { createItem, type Dataset } from "./dataset.ts";
import { maximumLabelBytes, type Folder } from "./folder.ts";
import { checkLabels } from "./labels.ts";
import { readMat } from "./mat.ts";
import { vocPalette } from "./palette.ts";
import { readSplits } from "./voc.ts";
import { vocClasses } from "./vocClasses.ts";

/**
 * Opens the Semantic Boundaries Dataset (Hariharan and others 2011), `benchmark_RELEASE/dataset`: `img/ID.jpg`,
 * `cls/ID.mat` with `GTcls.Segmentation`, and the lists `train.txt` and `val.txt`. It has VOC's classes and no void.
 * @throws FormatError where there is no list, or one is malformed
 */
export async function openSbd(folder: Folder): Promise<Dataset> {
  const splits = await readSplits(folder, [], (id) => {
    const source = folder.join(`cls/${id}.mat`, id);
    return createItem({
      id,
      image: folder.join(`img/${id}.jpg`, id),
      imageFolder: folder,
      source,
      classes: vocClasses.length,
      labels: async () => {
        const bytes = await folder.read(source, maximumLabelBytes);
        const { rows, columns, values } = readMat(bytes, source, ["GTcls", "Segmentation"]);
        checkLabels({ height: rows, width: columns, labels: values }, vocClasses.length, source);
        return { height: rows, width: columns, labels: Uint8Array.from(values) };
      },
    });
  });
  return { name: folder.path, classes: vocClasses, palette: vocPalette(), splits };
}
