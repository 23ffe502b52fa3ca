// Begins: unpacks the head, draws it, and builds what moves it.

async function main() {
  const message = document.getElementById("message");
  const say = (text) => { if (message.textContent !== text) message.textContent = text; };
  try {
    if (!window.DecompressionStream) throw new Trouble("This browser cannot unpack the head. Try a current one.");
    const { facts, arrays } = await unpack(document.getElementById("head").textContent);
    const canvas = document.getElementById("stage");
    const stage = new Stage(canvas, facts, arrays, say);
    window.head360 = stage;
    handle(stage);
    buildPanel(stage, facts);
    if (facts.take) window.head360.timeline = new Timeline(stage, facts, arrays);
    const obey = () => follow(stage, facts, new URLSearchParams(location.hash.slice(1)));
    obey();
    window.addEventListener("hashchange", obey);
    stage.changed();
  } catch (error) {
    say(error.message);
    console.error(error, error.detail ?? "");
  }
}

// What a link may say: `#yaw=90&smile…`, camera, shapes by name, light; `embed` leaves only the picture.
function follow(stage, facts, words) {
  const number = (name, otherwise) => (words.has(name) && isFinite(words.get(name)) ? Number(words.get(name)) : otherwise);
  document.body.classList.toggle("embed", words.has("embed"));
  const { yaw_degrees: yaw, pitch_degrees: pitch, distance } = facts.camera;
  stage.orbit({ ...facts.camera, yaw_degrees: number("yaw", yaw), pitch_degrees: number("pitch", pitch), distance: number("distance", distance) });
  const expression = Float32Array.from(facts.expressions, (name, i) => clamp(number(name, facts.expression[i]), 0, 1));
  const pose = ["turn", "nod", "tilt"].map((name, i) => number(name, facts.pose[i]));
  const { preset, rotation_degrees, intensity } = facts.light;
  const named = words.get("light");
  stage.edit({
    expression, pose,
    light: { preset: named in facts.light.presets ? named : preset, rotation_degrees: number("rotation", rotation_degrees), intensity },
  });
}

main();
