// Which part of the photo is shown: `scale` times enlarged, from the place (`left`, `top`) on, in photo pixels. One view holds
// for all charts, since all show the same photo, and none ever leaves the photo.

export const WHOLE = { scale: 1, left: 0, top: 0 };
const MOST = 16;

export const within = (value, low, high) => Math.min(Math.max(value, low), high);

function kept({ scale, left, top }, [width, height]) {
    if (scale < 1.01) return WHOLE;
    return { scale, left: within(left, 0, width - width / scale), top: within(top, 0, height - height / scale) };
}

// Enlarged by a factor, with the place (x, y) where it was on the screen.
export function enlarged(view, factor, [x, y], size) {
    const scale = within(view.scale * factor, 1, MOST);
    const share = view.scale / scale;
    return kept({ scale, left: x - (x - view.left) * share, top: y - (y - view.top) * share }, size);
}

// Moved by a distance in photo pixels.
export const moved = (view, [dx, dy], size) => kept({ ...view, left: view.left + dx, top: view.top + dy }, size);

// Moved as little as possible so that a place is shown.
export function showing(view, [x, y], size) {
    const [width, height] = [size[0] / view.scale, size[1] / view.scale];
    return kept({ ...view, left: within(view.left, x - width, x), top: within(view.top, y - height, y) }, size);
}
