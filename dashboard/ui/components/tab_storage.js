// The tab's own storage, which outlives a reload. A browser may forbid it, or it may be full: then nothing is kept.

export function recall(key) {
    try {
        return sessionStorage.getItem(key);
    } catch {
        return null;
    }
}

export function keep(key, text) {
    try {
        sessionStorage.setItem(key, text);
    } catch {
        // a reload then starts anew
    }
}

export function forget(key) {
    try {
        sessionStorage.removeItem(key);
    } catch {
        // there is nothing to forget
    }
}
