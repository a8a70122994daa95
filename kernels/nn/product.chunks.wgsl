// How the tiled and the small form of a product go along its terms. The form says how many row panels and column panels
// a tile has, and how many terms a chunk.

// The part of a product that a workgroup computes.
struct Tile {
  product: u32,
  firstRowPanel: u32,
  firstColumnPanel: u32,
}

// A term that an invocation loads: how far it lies behind the first one, in quads of `left` and of `right`, and its column.
struct Term {
  left: u32,
  right: u32,
  column: u32,
}

fn tileAt(index: u32) -> Tile {
  let rowTiles = (params.rowPanels + tileRowPanels - 1u) / tileRowPanels;
  return Tile(index / rowTiles % params.batch, index % rowTiles * tileRowPanels, index / (rowTiles * params.batch) * tileColumnPanels);
}

// Index of the first term of a panel of the tile. In place of a panel behind the last, the last is loaded again.
fn leftPlace(tile: Tile, panel: u32) -> u32 {
  return min(tile.firstRowPanel + panel, params.rowPanels - 1u) * params.leftPanelStride
    + tile.product / params.batchColumns * params.leftRowStride + tile.product % params.batchColumns * params.batchColumnStride;
}

fn rightPlace(tile: Tile, panel: u32) -> u32 {
  let columnPanel = params.firstColumnPanel + min(tile.firstColumnPanel + panel, params.columnPanels - 1u);
  return 2u * (columnPanel * params.rightPanelStride + tile.product * params.rightBatchStride);
}

fn firstTerm(number: u32) -> Term {
  let column = number % params.termColumns;
  return Term((number / params.termColumns * params.leftRowStride + column) * params.termStride, 0u, column);
}

// How far it is from a term to that of the next chunk: in columns, in quads of `left`, and where that leads to another
// row, by how much more.
struct Advance {
  columns: u32,
  left: u32,
  wrap: u32,
}

fn advanceOfChunks() -> Advance {
  let rowStride = params.termStride * params.leftRowStride;
  let columns = chunkTerms % params.termColumns;
  return Advance(
    columns,
    chunkTerms / params.termColumns * rowStride + columns * params.termStride,
    rowStride - params.termColumns * params.termStride,
  );
}

// The same term of the next chunk, or of the same one again where there is no more.
fn nextChunk(term: Term, advance: Advance, more: bool) -> Term {
  let column = term.column + advance.columns;
  let beyond = column >= params.termColumns;
  return Term(
    term.left + select(0u, advance.left + select(0u, advance.wrap, beyond), more),
    term.right + select(0u, 2u * chunkTerms, more),
    column - select(0u, params.termColumns, beyond),
  );
}
