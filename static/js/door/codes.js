// Whose code somebody shows: registrations/queries/door_codes.py makes and explains them. Without a
// network too: a device has the key of its own event, and of no other (and those before it, with
// spaces between, while the site replaces its SECRET_KEY).
const site = (globalThis.tafelronde ??= {});

const SHAPE = /^TR:(R\d{1,10})-([A-Z2-7]{10})$/;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", BITS = 5;

async function markOf(row, key, length) {
  const bytes = Uint8Array.from(key.match(/../g), (pair) => parseInt(pair, 16));
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const ours = await crypto.subtle.importKey("raw", bytes, hmac, false, ["sign"]);
  const signed = await crypto.subtle.sign("HMAC", ours, new TextEncoder().encode(row));
  const bits = [...new Uint8Array(signed)].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return Array.from({ length }, (_, at) =>
    LETTERS[parseInt(bits.slice(at * BITS, (at + 1) * BITS), 2)]).join("");
}

// The row that a code names; empty for anything that is no code of this event.
async function rowOf(text, keys) {
  const [, row, mark] = SHAPE.exec(text) ?? [];
  if (!row || !keys) return "";
  for (const key of keys.split(" "))
    if (await markOf(row, key, mark.length) === mark) return row.toLowerCase();
  return "";
}

site.codes = { rowOf };
