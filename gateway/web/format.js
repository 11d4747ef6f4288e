// Numbers and names as people read them.

const STAGES = { prior: "Prior", decoder: "Decoder", super_res: "Upsampler" };

/**
 * @param {string} stage as the server calls it
 * @returns {string}
 */
export function stageName(stage) {
  return STAGES[stage] ?? stage;
}

/**
 * @param {number} value seconds
 * @returns {string} such as "0.8 s", "12 s", "2 min 5 s"
 */
export function duration(value) {
  if (value < 10) return `${Math.max(0, value).toFixed(1)} s`;
  const whole = Math.round(value);
  if (whole < 60) return `${whole} s`;
  return whole % 60 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${whole / 60} min`;
}

/**
 * @param {number} milliseconds
 * @returns {string} such as "40 ms", "1.2 s"
 */
export function shortTime(milliseconds) {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : duration(milliseconds / 1000);
}

/**
 * @param {number} value seconds
 * @returns {string} how long something still takes, whole seconds only, so that it does not flicker
 */
export function remaining(value) {
  const whole = Math.ceil(value);
  if (whole <= 1) return "almost done";
  return `about ${whole < 10 ? `${whole} s` : duration(whole)} left`;
}

/**
 * @param {number} value
 * @returns {string}
 */
export function similarity(value) {
  return value.toFixed(2);
}

/**
 * @param {number} milliseconds since 1970
 * @returns {string} in the reader's own manner
 */
export function dateTime(milliseconds) {
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(milliseconds);
}

/**
 * @param {string} text
 * @returns {string} for a file's name
 */
export function slug(text) {
  const words = text.toLowerCase().normalize("NFKD").match(/[\p{Letter}\p{Number}]+/gu) ?? [];
  return words.join("-").slice(0, 48).replace(/-+$/, "") || "picture";
}

/**
 * @param {string} size such as "256x128"
 * @returns {{width: number, height: number}}
 */
export function parseSize(size) {
  const [width, height] = size.split("x").map(Number);
  return width > 0 && height > 0 ? { width, height } : { width: 1, height: 1 };
}

/**
 * @param {string} size such as "256x128"
 * @returns {string} such as "256 × 128"
 */
export function sizeName(size) {
  return size.replace("x", " × ");
}

/**
 * @param {number} count
 * @param {string} one
 * @returns {string} such as "1 picture", "3 pictures"
 */
export function plural(count, one) {
  return `${count} ${one}${count === 1 ? "" : "s"}`;
}
