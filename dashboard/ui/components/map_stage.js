// What fills the screen: one map, or both to present them. A dialog lies over the page even where the browser has no full
// screen, as on phones; where it has one, the dialog's content takes it.

import { made } from "./made.js";
import { bothFor, fillHead, headOf } from "./map_both.js";
import { button } from "./map_buttons.js";
import { isDrawn, plotOf } from "./map_charts.js";
import { Lens } from "./map_lens.js";
import { frame, legend } from "./map_pictures.js";

const AWAKE = 3000; // ms that the buttons stay after the pointer has moved
const HINT =
    "→ ← next and previous photo · O overlay or photo · S swipe · B blink · P side by side · ? these keys · Esc leaves";
const HINT_OF_ONE = "Tab and arrow keys mark cells · O overlay or photo · + and − zoom · 0 whole photo · Esc leaves";
const MISSING = "This map has not been made yet. Leave this view and run it on the page.";
const IN_ONE = ["o", " ", "?"]; // the keys that one map has, too

function sideOf(link, key) {
    const named = link.data.charts.find((chart) => chart.key === key);
    return link.data.sides.find((side) => side.key === key) ?? { model: named.name, says: "", about: "" };
}

// One map with what its model says above it, and its colour bar below it if that is wanted.
function figureFor(link, key, withLegend) {
    const [root, place, room, below] = ["figure", "place", "room", "legend"].map((name) => made("div", `linked-${name}`));
    const lens = new Lens(key, sideOf(link, key).model, link, { always: true });
    const head = headOf(sideOf(link, key));
    const missing = made("p", "", MISSING);
    const bar = frame();
    let copied = null;
    place.append(lens.root);
    below.append(bar);
    room.append(place, missing);
    root.append(head, room, ...(withLegend ? [below] : []));
    function update() {
        const plot = plotOf(key);
        fillHead(head, sideOf(link, key));
        place.hidden = !isDrawn(plot);
        missing.hidden = isDrawn(plot);
        if (!isDrawn(plot) || !withLegend || copied === plot) return;
        legend(bar, plot);
        copied = plot;
    }
    update();
    return { root, lenses: [lens], focus: null, update };
}

// What the stage shows in a mode: parts, each with its element `root` and its lenses.
function partsFor(link, mode, key) {
    if (mode === "one") return [figureFor(link, key, true)];
    if (mode === "present") return link.data.sides.map((side) => figureFor(link, side.key, false));
    return [bothFor(link, mode)];
}

export class Stage {
    // `turn` asks the server for the photo some places further on.
    constructor(dialog, link, turn) {
        Object.assign(this, {
            dialog,
            link,
            turn,
            mode: "present",
            key: null,
            overlay: true,
            parts: [],
            hinted: false,
            asleep: 0,
            opener: null, // what had the focus before
        });
        this.stage = made("div", "linked-stage");
        this.show = made("div", "linked-show");
        this.hint = made("p", "linked-hint");
        this.controls = made("div", "linked-controls");
        this.stage.tabIndex = -1;
        this.stage.append(this.show, this.hint, this.controls);
        dialog.replaceChildren(this.stage);
        this.keys = this.meanings();
        this.addControls();
        this.listen();
    }

    meanings() {
        const [next, previous] = [1, -1].map((by) => () => this.turnTo(by));
        const [swipe, blink, present] = ["swipe", "blink", "present"].map((mode) => () => this.change(mode));
        const map = () => this.toggleMap();
        return {
            o: map,
            " ": map,
            "?": () => this.toggleHint(),
            s: swipe,
            b: blink,
            p: present,
            ArrowRight: next,
            PageDown: next,
            n: next,
            ArrowLeft: previous,
            PageUp: previous,
        };
    }

    addControls() {
        const { keys } = this;
        const both = [
            button("‹", "Previous photo (arrow left)", keys.ArrowLeft),
            button("›", "Next photo (arrow right)", keys.ArrowRight),
            ...["Side by side", "Swipe", "Blink"].map((label, i) => button(label, `${label} (${"PSB"[i]})`, keys["psb"[i]])),
        ];
        this.onlyBoth = both;
        this.modes = Object.fromEntries(["present", "swipe", "blink"].map((mode, i) => [mode, both[2 + i]]));
        this.photoOnly = button("Photo only", "Photo only (O)", keys.o);
        const rest = [button("?", "Keys (?)", keys["?"]), button("Leave", "Leave (Esc)", () => this.dialog.close())];
        this.controls.append(...both, this.photoOnly, ...rest);
    }

    listen() {
        const { dialog, stage } = this;
        stage.addEventListener("keydown", (event) => this.pressed(event));
        for (const kind of ["pointermove", "pointerdown"]) stage.addEventListener(kind, () => this.wake());
        stage.addEventListener("fullscreenchange", () => {
            if (!document.fullscreenElement && dialog.open) dialog.close();
        });
        dialog.addEventListener("close", () => this.closed());
    }

    // The browser may lose the focus as it leaves the full screen, so this puts it back where it was.
    async closed() {
        this.leaveParts();
        this.turned();
        if (document.fullscreenElement) await document.exitFullscreen();
        this.opener?.focus({ preventScroll: true });
    }

    pressed(event) {
        const { target } = event;
        const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
        event.stopPropagation(); // Streamlit has keys of its own
        if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
        if (target.matches("button") && key === " ") return;
        if (target.matches("input") && (key.startsWith("Arrow") || key.startsWith("Page"))) return; // they move the divider
        const act = this.mode === "one" && !IN_ONE.includes(key) ? undefined : this.keys[key];
        if (!act) return;
        event.preventDefault();
        act();
    }

    lenses() {
        return this.parts.flatMap(({ lenses }) => lenses);
    }

    leaveParts() {
        for (const lens of this.lenses()) lens.stop();
        this.parts = [];
        this.show.replaceChildren();
    }

    build() {
        const { dialog, link, mode, key, show } = this;
        this.leaveParts();
        this.parts = partsFor(link, mode, key);
        show.className = `linked-show linked-mode-${mode}`;
        show.append(...this.parts.map(({ root }) => root));
        for (const lens of this.lenses()) lens.renew();
        this.drawMap();
        this.hint.textContent = mode === "one" ? HINT_OF_ONE : HINT;
        for (const one of this.onlyBoth) one.hidden = mode === "one";
        for (const [name, one] of Object.entries(this.modes)) one.setAttribute("aria-pressed", name === mode);
        dialog.setAttribute("aria-label", mode === "one" ? sideOf(link, key).model : "Both maps");
        (this.parts[0].focus ?? this.stage).focus();
    }

    change(mode) {
        this.mode = mode;
        this.build();
    }

    drawMap() {
        for (const lens of this.lenses()) {
            lens.overlay = this.overlay;
            lens.drawView();
        }
        this.photoOnly.setAttribute("aria-pressed", !this.overlay);
    }

    toggleMap() {
        this.overlay = !this.overlay;
        this.drawMap();
    }

    toggleHint() {
        this.hint.classList.remove("linked-once");
        this.hint.hidden = !this.hint.hidden;
    }

    turnTo(by) {
        this.turn(by);
        this.dialog.classList.toggle("linked-waiting", this.link.turned !== this.link.data.turned);
    }

    wake() {
        clearTimeout(this.asleep);
        this.stage.classList.add("linked-awake");
        this.asleep = setTimeout(() => this.stage.classList.remove("linked-awake"), AWAKE);
    }

    // Opens on both maps, or on the one with this key.
    open(mode, key = null) {
        Object.assign(this, { mode, key, overlay: true });
        this.hint.hidden = this.hinted;
        this.hint.classList.add("linked-once");
        this.hinted = true;
        this.opener = document.activeElement;
        this.dialog.showModal();
        this.build();
        this.wake();
        this.stage.requestFullscreen?.().catch(() => {}); // where it is refused, the dialog fills the window
    }

    // After the page or a chart was drawn anew.
    update() {
        for (const part of this.parts) part.update();
    }

    // After another photo has come.
    turned() {
        this.dialog.classList.remove("linked-waiting");
    }
}
