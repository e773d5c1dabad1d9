// Elements from text. Nothing from a production is ever read as markup: children are nodes or become text.

/** An element with attributes (`class`, `on…` listeners, booleans) and children. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** A text in which `{name}` stands for a value. */
export function fill(text, values) {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** A whole number as people write it in this language. */
export function count(number, language) {
  return new Intl.NumberFormat(language).format(number);
}
