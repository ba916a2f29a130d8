/** Pads the cells of a table to the width of their column. `isRight` names the columns that are aligned to the right. */
export function padCells(lines: readonly string[][], isRight = (_column: number) => false): string[][] {
  return lines.map((line) =>
    line.map((cell, column) => {
      const width = Math.max(...lines.map((other) => other[column]?.length ?? 0))
      return isRight(column) ? cell.padStart(width) : cell.padEnd(width)
    }),
  )
}
