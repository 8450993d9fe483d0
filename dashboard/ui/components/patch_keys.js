import { anew } from "./anew.js";
import { ask, forget, standing } from "./asked.js";

const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

// `data` holds the picture's key, its number of rows and columns of patches, the row and column of the chosen patch, and the
// number of the last move that the server has answered.
export default function ({ data, parentElement, setTriggerValue }) {
    return anew(parentElement, () => {
        const picture = document.querySelector(`.st-key-${data.picture}`);
        if (!picture) return;
        const chosen = standing(data.picture, data.row * data.columns + data.column + 1, data.answered);
        let [row, column] = [Math.floor((chosen - 1) / data.columns), (chosen - 1) % data.columns];

        // Sends the patch's new position, not the step: of several quick key presses the server may get only the last.
        function pressed(event) {
            const step = steps[event.key];
            if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
            event.preventDefault();
            const to = [row + step[0], column + step[1]];
            if (to[0] < 0 || to[0] >= data.rows || to[1] < 0 || to[1] >= data.columns) return;
            [row, column] = to;
            setTriggerValue("moved", ask(data.picture, row * data.columns + column + 1, data.answered));
        }

        // A click chooses a patch itself. Plotly prevents it from moving the focus, so this does.
        function clicked() {
            forget(data.picture);
            picture.focus({ preventScroll: true });
        }

        picture.tabIndex = 0;
        picture.setAttribute("role", "group");
        picture.setAttribute("aria-label", "The photo's patches: arrow keys move the chosen one");
        picture.addEventListener("keydown", pressed);
        picture.addEventListener("click", clicked);
        return () => {
            picture.removeEventListener("keydown", pressed);
            picture.removeEventListener("click", clicked);
        };
    });
}
