// Buttons of the linked maps.

import { made, SVG } from "./made.js";

const CORNERS = "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4"; // a frame's four corners, on 16 x 16

export function button(label, words, act) {
    const one = made("button", "linked-button", label);
    one.type = "button";
    one.title = words;
    if (label !== words) one.setAttribute("aria-label", words);
    one.addEventListener("click", act);
    return one;
}

// A button with the sign for full screen.
export function fillButton(words, act) {
    const one = button("", words, act);
    const sign = document.createElementNS(SVG, "svg");
    const path = document.createElementNS(SVG, "path");
    sign.setAttribute("viewBox", "0 0 16 16");
    sign.setAttribute("aria-hidden", "true");
    path.setAttribute("d", CORNERS);
    sign.append(path);
    one.append(sign);
    return one;
}
