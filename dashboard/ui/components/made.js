// New elements. Words are text, never HTML.

export const SVG = "http://www.w3.org/2000/svg";

export const made = (tag, name = "", text = "") =>
    Object.assign(document.createElement(tag), { className: name, textContent: text });
