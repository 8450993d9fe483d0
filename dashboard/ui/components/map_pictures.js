// Pictures of charts: copies of what Plotly has drawn, of which any part can be shown at any size.
//
// Streamlit has Plotly inside its own bundle and gives no way to call it, and draws a chart anew whenever its data changes. So
// zoom, full screen and the like don't touch the charts: they show copies, which a `viewBox` enlarges within a millisecond.

import { made, SVG } from "./made.js";
import { photoIn } from "./map_charts.js";

const BESIDE = ".draglayer, .infolayer, .layer-above .imagelayer"; // what lies outside the photo or is not to be seen
const MAP = ".heatmaplayer, .scatterlayer"; // the cells, and the lines over them

// Sets an element's text in place: a new node for each pointer move would cost more, and would look like a change of the page.
export function write(element, text) {
    if (!element.firstChild) element.append("");
    if (element.firstChild.data !== text) element.firstChild.data = text;
    element.hidden = text === "";
}

function copyOf(plot, without) {
    const copy = document.createElementNS(SVG, "svg");
    copy.setAttribute("preserveAspectRatio", "none");
    copy.setAttribute("aria-hidden", "true");
    copy.style.cssText = "position: absolute; inset: 0; width: 100%; height: 100%";
    for (const layer of [...plot.querySelectorAll(".main-svg")].slice(0, 2)) copy.append(layer.cloneNode(true));
    if (without) for (const gone of copy.querySelectorAll(without)) gone.remove();
    for (const line of copy.querySelectorAll(".scatterlayer path")) line.style.vectorEffect = "non-scaling-stroke";
    return copy;
}

// An empty place for a picture. In a shadow tree the copy's ids are its own, and no style of the page reaches it.
export function frame() {
    const place = made("div", "linked-picture");
    place.attachShadow({ mode: "open" });
    return place;
}

const inside = (place) => place.shadowRoot.firstElementChild;

// Fills a place with a chart's photo and map.
export function picture(place, plot) {
    place.shadowRoot.replaceChildren(copyOf(plot, BESIDE));
}

export const clear = (place) => place.shadowRoot.replaceChildren();

// Shows the part of the photo that `view` tells.
export function lookAt(place, plot, view) {
    const { left, top, width, height, size } = photoIn(plot);
    const corner = [left + (view.left / size[0]) * width, top + (view.top / size[1]) * height];
    inside(place)?.setAttribute("viewBox", [...corner, width / view.scale, height / view.scale].join(" "));
}

// Shows the photo with or without the map over it.
export function withMap(place, shown) {
    for (const layer of inside(place)?.querySelectorAll(MAP) ?? []) layer.style.display = shown ? "" : "none";
}

// Fills a place with what the chart has below the photo: its colour bar and what it measures.
export function legend(place, plot) {
    const { top, height, whole } = photoIn(plot);
    const rest = whole[1] - top - height;
    const copy = copyOf(plot);
    copy.setAttribute("viewBox", `0 ${top + height} ${whole[0]} ${rest}`);
    copy.setAttribute("preserveAspectRatio", "xMidYMin meet");
    place.shadowRoot.replaceChildren(copy);
    place.style.aspectRatio = `${whole[0]} / ${rest}`;
}
