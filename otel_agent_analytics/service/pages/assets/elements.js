// Elements of HTML and SVG. Text becomes text: nothing here reads markup, and nothing sets a style or a handler by name.

const SVG = "http://www.w3.org/2000/svg";

/** Return an element: attributes that are null or false are left out, `on` has listeners by event, children may be text. */
export function el(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** Return an element of SVG, likewise. */
export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

/** Put children in the place of all that an element has. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** Return a picture with words for those who do not see it. */
export function picture(width, height, words, ...children) {
  const attributes = { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": words };
  return svg("svg", attributes, ...children);
}

/** Return a place where `draw(width)` makes a picture, anew whenever the width changes. */
export function drawn(draw) {
  const place = el("div", { class: "drawn" });
  let last = 0;
  new ResizeObserver(() => {
    const width = Math.floor(place.clientWidth);
    if (width > 0 && width !== last) {
      last = width;
      fill(place, draw(width));
    }
  }).observe(place);
  return place;
}

function filled(element, { on = {}, ...attributes }, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false)
      element.setAttribute(name, value === true ? "" : value);
  }
  for (const [event, listen] of Object.entries(on)) element.addEventListener(event, listen);
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}
