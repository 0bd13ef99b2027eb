// What a scan sounds and feels like: one signal for somebody who is in, another for 'look at this'.
// Made on the spot, so there is no file to fetch; silent until somebody tapped, as browsers want.
const site = (globalThis.tafelronde ??= {});

// Hz and seconds of each tone; ms of each buzz and pause.
const IN = { tones: [[880, .08], [1320, .12]], buzz: [70] };
const LOOK = { tones: [[330, .16], [247, .3]], buzz: [160, 90, 160] };
const LOUD = .35, FADE = .015;

function make() {
  let speaker = null;
  const signals = {
    quiet: false,
    // Inside a tap.
    wake() {
      speaker ??= globalThis.AudioContext && new AudioContext();
      speaker?.resume().catch(() => {});
    },
    in: () => give(IN),
    look: () => give(LOOK),
    sleep: () => speaker?.suspend().catch(() => {}),
  };

  function give({ tones, buzz }) {
    navigator.vibrate?.(buzz);
    if (signals.quiet || !speaker) return;
    let at = speaker.currentTime;
    for (const [pitch, length] of tones) {
      const tone = speaker.createOscillator(), volume = speaker.createGain();
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0, at);
      volume.gain.linearRampToValueAtTime(LOUD, at + FADE);
      volume.gain.setValueAtTime(LOUD, at + length - FADE);
      volume.gain.linearRampToValueAtTime(0, at + length);
      tone.connect(volume).connect(speaker.destination);
      tone.start(at);
      tone.stop(at += length);
    }
  }

  return signals;
}

site.signals = { make };
