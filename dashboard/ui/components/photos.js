// The photos to choose from, as small pictures. Names are inserted as text, never as HTML.

import { made } from "./made.js";
import { forget, keep, recall } from "./tab_storage.js";

const KEPT = "own_photos"; // in this tab's own storage: no other tab, no other person and no link has it
const COLUMNS = 5;
const STEPS = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS };

// After a reload the server knows nothing of this tab, which then asks once for the photos that it brought before. Where the
// person opened another link in the tab, the photo that the link names is shown, and theirs are in the list alone.
function afterReload(root, { tab, gone }, setTriggerValue) {
    const kept = recall(KEPT);
    if (tab) keep(KEPT, tab);
    else if (gone) forget(KEPT);
    else if (kept && !root.dataset.asked) {
        root.dataset.asked = "yes";
        const reloaded = performance.getEntriesByType("navigation")[0]?.type !== "navigate";
        setTriggerValue("returned", { tab: kept, reloaded });
    }
}

function fill(tile, { id, name, picture }, chosen, setTriggerValue) {
    const image = tile.querySelector("img");
    if (image.getAttribute("src") !== picture) image.src = picture; // setting the same picture again would blink
    image.alt = "";
    tile.title = name;
    tile.setAttribute("aria-label", name);
    tile.setAttribute("aria-checked", id === chosen);
    tile.querySelector("span").textContent = name;
    tile.onclick = () => setTriggerValue("chosen", id);
}

function empty(id) {
    const tile = made("button");
    Object.assign(tile, { type: "button", role: "radio" });
    tile.dataset.id = id;
    tile.append(made("img"), made("span"));
    return tile;
}

// A tile that is still shown is reused, so that it keeps the focus.
function arrange(group, photos, chosen, setTriggerValue) {
    const tiles = new Map([...group.children].map((tile) => [tile.dataset.id, tile]));
    photos.forEach((photo, i) => {
        const tile = tiles.get(photo.id) ?? empty(photo.id);
        tiles.delete(photo.id);
        fill(tile, photo, chosen, setTriggerValue);
        if (group.children[i] !== tile) group.insertBefore(tile, group.children[i] ?? null);
    });
    for (const gone of tiles.values()) gone.remove();
    group.hidden = photos.length === 0;
}

// Arrow keys move between the photos, and Enter or Space chooses one, since each choice has two models look.
function move(event, tiles) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const at = tiles.indexOf(event.target.closest("[role=radio]"));
    const inList = event.target.closest(".own") !== null && event.key in { ArrowDown: 0, ArrowUp: 0 };
    const step = inList ? Math.sign(STEPS[event.key]) : STEPS[event.key];
    if (at < 0 || step === undefined) return;
    event.preventDefault();
    const next = tiles[Math.min(Math.max(at + step, 0), tiles.length - 1)];
    for (const tile of tiles) tile.tabIndex = tile === next ? 0 : -1;
    next.focus();
}

// Called when the component comes, and with new data.
export default function ({ data, parentElement, setTriggerValue }) {
    const root = parentElement.querySelector(".photos");
    arrange(root.querySelector(".own"), data.own, data.chosen, setTriggerValue);
    arrange(root.querySelector(".samples"), data.samples, data.chosen, setTriggerValue);
    const tiles = [...root.querySelectorAll("[role=radio]")];
    const entry = tiles.find((tile) => tile.matches(":focus")) ?? tiles.find((tile) => tile.dataset.id === data.chosen);
    for (const tile of tiles) tile.tabIndex = tile === entry ? 0 : -1;
    root.onkeydown = (event) => move(event, tiles);
    afterReload(root, data, setTriggerValue);
}
