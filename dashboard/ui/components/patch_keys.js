const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

// By the picture's key, the last move: its number, and the row and column that it led to.
const moves = new Map();

// `data` holds the picture's key, its number of rows and columns of patches, the row and column of the chosen patch, and the
// number of the last move that the server has answered.
export default function ({ data, setTriggerValue }) {
    const picture = document.querySelector(`.st-key-${data.picture}`);
    if (!picture) return;
    // The answer to an earlier move may arrive between two key presses: it must not take the patch back.
    const last = moves.get(data.picture);
    let { row, column } = last && data.answered < last.number ? last : data;

    // Sends the patch's new position, not the step: of several quick key presses the server may get only the last.
    function pressed(event) {
        const step = steps[event.key];
        if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        const to = [row + step[0], column + step[1]];
        if (to[0] < 0 || to[0] >= data.rows || to[1] < 0 || to[1] >= data.columns) return;
        [row, column] = to;
        const number = Math.max(data.answered, moves.get(data.picture)?.number ?? 0) + 1;
        moves.set(data.picture, { number, row, column });
        setTriggerValue("moved", { patch: row * data.columns + column + 1, number });
    }

    // A click chooses a patch itself. Plotly prevents it from moving the focus, so this does.
    function clicked() {
        moves.delete(data.picture);
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
}
