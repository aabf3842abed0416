// WCAG's ratio of every text to the ground that it stands on; those below 4.5 are told.
() => {
  const channel = (byte) => {
    const one = byte / 255;
    return one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4;
  };
  const parts = (color) => color.match(/[\d.]+/g).map(Number);
  const light = (color) => {
    const [red, green, blue] = parts(color).map(channel);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = getComputedStyle(one).backgroundColor;
      if ((parts(color)[3] ?? 1) > 0) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const speaks = (one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const bad = [];
  for (const one of document.querySelectorAll("body *")) {
    if (!one.checkVisibility() || !speaks(one)) continue;
    const lights = [getComputedStyle(one).color, ground(one)].map(light).sort((a, b) => a - b);
    const ratio = (lights[1] + 0.05) / (lights[0] + 0.05);
    if (ratio < 4.5) bad.push(`${one.tagName}.${one.className}: ${ratio.toFixed(2)}`);
  }
  return [...new Set(bad)];
}
