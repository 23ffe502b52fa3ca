// Sliders, presets, views and the timeline.

function element(tag, properties = {}, ...children) {
  const { label, ...rest } = properties, made = Object.assign(document.createElement(tag), rest);
  if (label) made.setAttribute("aria-label", label);
  made.append(...children);
  return made;
}

let rows = 0;

// A named slider; `sync(value)` moves it without telling anybody.
function slider(name, { min = 0, max = 1, step = 0.01, title = name, shown = (value) => value.toFixed(2) }, changed) {
  const id = "slider" + rows++;
  const input = element("input", { type: "range", min, max, step, id, title });
  const output = element("output", { htmlFor: id });
  const row = element("div", { className: "row" }, element("label", { htmlFor: id, textContent: name, title }), input, output);
  const sync = (value) => {
    input.value = value;
    output.textContent = shown(Number(value));
  };
  input.addEventListener("input", () => {
    output.textContent = shown(Number(input.value));
    changed(Number(input.value));
  });
  row.addEventListener("dblclick", () => {
    sync(Math.max(min, 0));
    changed(Math.max(min, 0));
  });
  return { row, sync };
}

function section(title, open, ...children) {
  return element("details", { open }, element("summary", { textContent: title }), ...children);
}

function chips(label, names, picked) {
  const row = element("div", { className: "chips", label });
  row.setAttribute("role", "group");
  for (const name of names)
    row.append(element("button", { type: "button", textContent: name, onclick: () => picked(name) }));
  return row;
}

const degrees = (value) => Math.round(value) + "°";

function buildPanel(stage, facts) {
  const controls = document.getElementById("controls"), presets = facts.words.presets;
  const syncs = [];
  controls.append(chips("Expression presets", Object.keys(presets), (name) => stage.edit({ expression: Float32Array.from(presets[name]) })));
  controls.append(poseSection(stage, facts, syncs));
  for (const { title, open, shapes } of facts.words.groups)
    controls.append(section(title, open, ...shapes.map((shape) => shapeRow(stage, shape, syncs))));
  controls.append(lightSection(stage, facts, syncs));
  stage.listeners.push((look) => syncs.forEach((sync) => sync(look)));
  syncs.forEach((sync) => sync(stage.look));
  buildViews(stage);
  const fold = document.getElementById("fold");
  fold.addEventListener("click", () => {
    const folded = document.body.classList.toggle("folded");
    fold.textContent = folded ? "Show" : "Hide";
    fold.setAttribute("aria-expanded", String(!folded));
  });
}

function shapeRow(stage, { index, name, spoken }, syncs) {
  const { row, sync } = slider(name, { title: spoken }, (value) => {
    const expression = stage.look.expression.slice();
    expression[index] = value;
    stage.edit({ expression });
  });
  syncs.push((look) => sync(look.expression[index]));
  return row;
}

function poseSection(stage, facts, syncs) {
  const limits = facts.constants.neck.limits;
  const made = ["Turn", "Nod", "Tilt"].map((name, i) => {
    const { row, sync } = slider(name, { min: -limits[i], max: limits[i], step: 1, shown: degrees }, (value) => {
      const pose = stage.look.pose.slice();
      pose[i] = value;
      stage.edit({ pose });
    });
    row.addEventListener("dblclick", () => {
      const pose = stage.look.pose.slice();
      pose[i] = 0;
      stage.edit({ pose });
    });
    syncs.push((look) => sync(look.pose[i]));
    return row;
  });
  return section("Head", false, ...made);
}

function lightSection(stage, facts, syncs) {
  const change = (changes) => stage.edit({ light: { ...stage.look.light, ...changes } });
  const select = element("select", { id: "preset", onchange: () => change({ preset: select.value }) });
  for (const name of Object.keys(facts.light.presets))
    select.append(element("option", { value: name, textContent: name[0].toUpperCase() + name.slice(1) }));
  const turn = slider("Turn", { min: -180, max: 180, step: 1, shown: degrees }, (value) => change({ rotation_degrees: value }));
  const strength = slider("Strength", { max: 3, step: 0.05 }, (value) => change({ intensity: value }));
  syncs.push(({ light }) => {
    select.value = light.preset;
    turn.sync(light.rotation_degrees);
    strength.sync(light.intensity);
  });
  const row = element("div", { className: "row" }, element("label", { htmlFor: "preset", textContent: "Surroundings" }), select);
  return section("Light", true, row, turn.row, strength.row);
}

function buildViews(stage) {
  const ways = { Front: 0, Left: 90, Back: 180, Right: -90 };
  for (const [name, yaw] of Object.entries(ways)) {
    const onclick = () => stage.orbit({ ...stage.facts.camera, yaw_degrees: yaw, pitch_degrees: 0 });
    document.getElementById("views").append(element("button", { type: "button", textContent: name, label: name + " view", onclick }));
  }
}
