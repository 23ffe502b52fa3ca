// Pointers, wheel and keys move the camera.

function handle(stage) {
  const canvas = stage.canvas, pointers = new Map();
  const perPixel = () => (2 * Math.tan(radians(stage.camera.fov_degrees) / 2) * stage.camera.distance) / canvas.clientHeight;

  function pan(dx, dy) {
    const [right, up] = orbitAxes(stage.camera), size = perPixel();
    const target = added(stage.camera.target, added(scaled(right, -dx * size), scaled(up, dy * size)));
    stage.orbit({ target: target.map((value) => clamp(value, -0.25, 0.25)) });
  }
  const turn = (dx, dy) => stage.orbit({
    yaw_degrees: stage.camera.yaw_degrees - dx * 0.4, pitch_degrees: stage.camera.pitch_degrees + dy * 0.4,
  });
  const zoom = (factor) => stage.orbit({ distance: stage.camera.distance * factor });

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, event);
  });
  for (const name of ["pointerup", "pointercancel"])
    canvas.addEventListener(name, (event) => pointers.delete(event.pointerId));
  canvas.addEventListener("pointermove", (event) => {
    const last = pointers.get(event.pointerId);
    if (!last) return;
    const dx = event.clientX - last.clientX, dy = event.clientY - last.clientY;
    if (pointers.size === 2) {
      const other = [...pointers.values()].find((each) => each.pointerId !== event.pointerId);
      const apart = (each) => Math.hypot(each.clientX - other.clientX, each.clientY - other.clientY);
      pan(dx / 2, dy / 2);
      zoom(Math.max(apart(last), 1) / Math.max(apart(event), 1));
    } else if (event.buttons & 6 || event.shiftKey) pan(dx, dy);
    else turn(dx, dy);
    pointers.set(event.pointerId, event);
  });
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("dblclick", () => stage.orbit({ ...stage.facts.camera }));
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(clamp(event.deltaY * (event.deltaMode ? 20 : 1), -200, 200) * 0.0015));
  }, { passive: false });
  const keys = {
    ArrowLeft: () => turn(-20, 0), ArrowRight: () => turn(20, 0), ArrowUp: () => turn(0, -20), ArrowDown: () => turn(0, 20),
    "+": () => zoom(0.9), "=": () => zoom(0.9), "-": () => zoom(1 / 0.9), Home: () => stage.orbit({ ...stage.facts.camera }),
  };
  canvas.addEventListener("keydown", (event) => {
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    keys[event.key]();
  });
}
