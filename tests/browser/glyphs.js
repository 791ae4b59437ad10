/* Draws every cluster of the texts alone, in the faces of a place, and names those that look like a
   glyph nobody has, or like nothing at all. */
([place, texts]) => {
  const element = document.querySelector(place);
  const style = getComputedStyle(element);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 24;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const drawn = (cluster) => {
    pen.clearRect(0, 0, 24, 24);
    pen.font = `${style.fontStyle} ${style.fontWeight} 12px ${style.fontFamily}`;
    pen.fillText(cluster, 4, 16);
    return pen.getImageData(0, 0, 24, 24).data.join();
  };
  const nothing = drawn(" ");
  const missing = new Set(["\u0378", "\u{10FFFD}", "\u{2FFFE}"].map(drawn));
  const clusters = new Set(
    texts.flatMap((text) =>
      [...new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text)].map((one) => one.segment),
    ),
  );
  return [...clusters].filter((cluster) => {
    if (!cluster.trim()) return false;
    const picture = drawn(cluster);
    return picture === nothing || missing.has(picture);
  });
}
