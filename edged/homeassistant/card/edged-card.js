// The card of edged for Home Assistant: who was at the door, who is known, and what its owner decides about strangers.
// It knows Home Assistant's `hass` object and edged's topics; texts are put in as text only, and no password or port stands here.

const DEFAULT_PREFIX = "edged";
/** Rows that are asked for at a time. */
const PAGE = 100;
/** Most rows that one answer is asked for when a list is read again. */
const MOST_ROWS = 500;
/** Pictures that are asked for at the same time: edged answers between two frames of its cameras. */
const PICTURES_AT_ONCE = 3;
/** Pictures that are kept in the browser's memory, the ones used last. */
const MOST_PICTURES = 500;
/** Pixels below and above what is seen within which pictures are asked for. */
const PICTURE_MARGIN_PX = 150;
/** Pixels of the longest side of a face in a list, and of one that is shown large. */
const SMALL_FACE_PX = 160;
const LARGE_FACE_PX = 320;
/** Pixels of the longest side of a photo that is sent; a face needs far fewer. */
const PHOTO_PX = 1600;
/** Bytes of a photo that is sent: as base64 it stays below what Home Assistant's websocket and brokers take. */
const MOST_PHOTO_BYTES = 900_000;
const PHOTO_QUALITIES = [0.92, 0.8, 0.6, 0.4];
/** Characters that a request with a photo has at least: Home Assistant's recorder stores what a service was called with up to 32,768 bytes. */
const UNRECORDED_CHARACTERS = 33_000;
/** Seconds to wait for an answer, and for the next word of a request that takes longer. */
const ANSWER_SECONDS = 15;
const LONG_ANSWER_SECONDS = 60;
const CAPTURE_SECONDS = 90;
/** Milliseconds after an event within which others are waited for before lists are read again. */
const SETTLE_MS = 300;
/** Milliseconds for which a notice stands. */
const NOTICE_MS = 8000;
/** Most characters of a name to show, and of one to enroll, of which an id is made. */
const MOST_SHOWN_CHARACTERS = 80;
const MOST_NAME_CHARACTERS = 64;
const ID_BYTES = 12;
/** Errors that name a look-alike, which the owner may allow. */
const ALIKE_CODES = new Set(["looks_like_other", "alike_name"]);
const VISIT_EVENTS = new Set(["recognised", "stranger", "departed"]);
const SVG = "http://www.w3.org/2000/svg";
const RING_RADIUS = 44;

const WORDS = {
  en: {
    visits: "Visits",
    people: "People",
    strangers: "Strangers",
    cameras: "Camera",
    settings: "Settings",
    views: "Views",
    stranger: "Stranger {number}",
    somebody: "Somebody",
    title: "At the door",
    here: "{camera}: {who}",
    nobody_here: "Nobody is here.",
    strangers_here: "{count} stranger|{count} strangers",
    waiting: "Waiting for edged …",
    offline: "edged is not connected. What stands here was true last.",
    no_device: "No edged is heard yet. Is MQTT set up in Home Assistant, and does edged run?",
    several_devices: "There are several devices ({devices}); name one as “device” of this card.",
    not_admin: "Only administrators of Home Assistant may use this card, as it can enroll and forget people.",
    no_mqtt: "Home Assistant cannot listen to MQTT: {reason}",
    unanswered: "edged did not answer within {seconds} s. Does it run, and may Home Assistant's MQTT user write to edged's requests?",
    not_sent: "Home Assistant did not send it: {reason}",
    more: "Show more",
    loading: "Loading …",
    close: "Close",
    cancel: "Cancel",
    no_visits: "Nobody has come yet.",
    no_people: "Nobody is enrolled yet.",
    no_strangers: "No stranger is remembered.",
    similarity: "Similarity {similarity}, {threshold} needed",
    corrected: "corrected",
    corrected_text: "edged took them for somebody else at first",
    portrait: "a portrait or photo",
    still_here: "here now",
    stayed: "stayed {duration}",
    seconds: "{count} s",
    minutes: "{count} min",
    face_of: "Face of {who}",
    visits_count: "{count} visit|{count} visits",
    last_seen: "last seen {when}",
    never_seen: "not seen lately",
    first_seen: "First seen {when}",
    ignored: "ignored",
    alike_count: "+{count} alike",
    name: "Name",
    give_name: "Give this name",
    give_name_title: "Who is it?",
    known: "Somebody we know",
    known_title: "Or somebody you know already",
    choose: "Choose …",
    is_known: "That is them",
    take_group: "Also name {names}, who look like the same person",
    ignore: "Ignore from now on",
    ignore_text: "No message about this stranger any more, such as the postman.",
    report: "Report again",
    forget: "Forget",
    forget_sure: "Erase {who} for good?",
    forget_text: "Faces and pictures are erased from the disk. There is no way back.",
    forget_yes: "Yes, erase",
    is_enrolled: "{who} is enrolled with {count} template.|{who} is enrolled with {count} templates.",
    is_ignored: "{who} is ignored.",
    is_reported: "{who} is reported again.",
    is_forgotten: "{who} is forgotten.",
    is_merged: "{merged} is {who} now.",
    is_renamed: "The name is {who} now.",
    also_strangers: "Strangers who look like them are still remembered: {names}.",
    alike_allow: "They only look alike: do it anyway",
    templates: "{count} template|{count} templates",
    quality: "quality {quality}",
    learned: "learned",
    looks_most_like: "most like {who}: {similarity}",
    add_person: "Add a person",
    add_pictures: "Add pictures",
    add_text: "A few pictures from different days and sides make misses rarer. Everybody should be asked first.",
    take_photo: "Take a photo",
    choose_photos: "Choose photos",
    capture: "At the door, step by step",
    capture_text: "The person stands before the camera and is told what to do.",
    capture_start: "Begin",
    capture_ring: "Looks taken",
    capture_begins: "Go to the camera.",
    photo_ok: "{file}: taken.",
    photo_refused: "{file}: {reason}",
    photo_unreadable: "This browser cannot read the picture; take a JPEG or PNG.",
    name_needed: "Type a name first.",
    choose_needed: "Choose somebody first.",
    rename: "Change the name",
    merge: "Is the same person as",
    merge_yes: "Merge",
    merge_text: "{who} goes, and the templates become those of the other. There is no way back.",
    look_alikes: "Look for look-alikes",
    look_alike: "{one} and {other} look alike: {similarity}",
    no_look_alikes: "Nobody looks so much like another that they could be taken for each other.",
    online: "Sees",
    camera_offline: "Sees nothing",
    paused: "Paused",
    pause: "Pause",
    resume: "Resume",
    snapshot: "Show what it sees",
    snapshot_of: "What {camera} sees, {when}",
    setting_range: "{minimum} to {maximum}{unit}; {standard}{unit} unless you change it.",
    setting_standard: "{standard} unless you change it.",
    on: "On",
    off: "Off",
    reset: "Back to {standard}",
    saved: "Saved.",
    locked: "Switched off in edged's configuration; only there can it be switched on.",
    number_needed: "Type a number.",
  },
  de: {
    visits: "Besuche",
    people: "Personen",
    strangers: "Unbekannte",
    cameras: "Kamera",
    settings: "Einstellungen",
    views: "Ansichten",
    stranger: "Unbekannt {number}",
    somebody: "Jemand",
    title: "An der Tür",
    here: "{camera}: {who}",
    nobody_here: "Niemand ist da.",
    strangers_here: "{count} unbekannte Person|{count} unbekannte Personen",
    waiting: "Warte auf edged …",
    offline: "edged ist nicht verbunden. Gezeigt wird, was zuletzt galt.",
    no_device: "Noch ist kein edged zu hören. Ist MQTT in Home Assistant eingerichtet, und läuft edged?",
    several_devices: "Es gibt mehrere Geräte ({devices}); nenne eines als „device“ dieser Karte.",
    not_admin: "Nur Administratoren von Home Assistant dürfen diese Karte benutzen, weil sie Personen einlernen und vergessen kann.",
    no_mqtt: "Home Assistant kann MQTT nicht mithören: {reason}",
    unanswered:
      "edged hat {seconds} s lang nicht geantwortet. Läuft es, und darf der MQTT-Benutzer von Home Assistant Anfragen an edged schreiben?",
    not_sent: "Home Assistant hat es nicht gesendet: {reason}",
    more: "Mehr zeigen",
    loading: "Lädt …",
    close: "Schließen",
    cancel: "Abbrechen",
    no_visits: "Noch ist niemand gekommen.",
    no_people: "Noch ist niemand eingelernt.",
    no_strangers: "Keine unbekannte Person ist gemerkt.",
    similarity: "Ähnlichkeit {similarity}, nötig {threshold}",
    corrected: "korrigiert",
    corrected_text: "edged hielt die Person zuerst für jemand anderen",
    portrait: "ein Bild oder Foto",
    still_here: "jetzt hier",
    stayed: "blieb {duration}",
    seconds: "{count} s",
    minutes: "{count} min",
    face_of: "Gesicht: {who}",
    visits_count: "{count} Besuch|{count} Besuche",
    last_seen: "zuletzt {when}",
    never_seen: "lange nicht gesehen",
    first_seen: "Zuerst gesehen {when}",
    ignored: "ignoriert",
    alike_count: "+{count} ähnlich",
    name: "Name",
    give_name: "Diesen Namen geben",
    give_name_title: "Wer ist das?",
    known: "Schon bekannt",
    known_title: "Oder jemand, den du schon kennst",
    choose: "Auswählen …",
    is_known: "Das ist die Person",
    take_group: "Auch {names} so nennen: Sie sehen aus wie dieselbe Person",
    ignore: "Künftig ignorieren",
    ignore_text: "Keine Meldung mehr über diese Person, zum Beispiel die Post.",
    report: "Wieder melden",
    forget: "Vergessen",
    forget_sure: "{who} endgültig löschen?",
    forget_text: "Gesichter und Bilder werden vom Speicher gelöscht. Es gibt kein Zurück.",
    forget_yes: "Ja, löschen",
    is_enrolled: "{who} ist eingelernt, mit {count} Vorlage.|{who} ist eingelernt, mit {count} Vorlagen.",
    is_ignored: "{who} wird ignoriert.",
    is_reported: "{who} wird wieder gemeldet.",
    is_forgotten: "{who} ist vergessen.",
    is_merged: "{merged} ist jetzt {who}.",
    is_renamed: "Der Name ist jetzt {who}.",
    also_strangers: "Ähnliche Unbekannte sind noch gemerkt: {names}.",
    alike_allow: "Sie sehen sich nur ähnlich: trotzdem tun",
    templates: "{count} Vorlage|{count} Vorlagen",
    quality: "Güte {quality}",
    learned: "selbst gelernt",
    looks_most_like: "am ähnlichsten: {who}, {similarity}",
    add_person: "Person hinzufügen",
    add_pictures: "Bilder hinzufügen",
    add_text: "Einige Bilder von verschiedenen Tagen und Seiten: So wird die Person seltener verpasst. Frag sie vorher.",
    take_photo: "Foto aufnehmen",
    choose_photos: "Fotos auswählen",
    capture: "An der Tür, Schritt für Schritt",
    capture_text: "Die Person steht vor der Kamera und erfährt, was zu tun ist.",
    capture_start: "Beginnen",
    capture_ring: "Aufgenommene Ansichten",
    capture_begins: "Geh zur Kamera.",
    photo_ok: "{file}: übernommen.",
    photo_refused: "{file}: {reason}",
    photo_unreadable: "Dieser Browser kann das Bild nicht lesen; nimm JPEG oder PNG.",
    name_needed: "Gib zuerst einen Namen ein.",
    choose_needed: "Wähle zuerst jemanden aus.",
    rename: "Namen ändern",
    merge: "Ist dieselbe Person wie",
    merge_yes: "Zusammenlegen",
    merge_text: "{who} verschwindet, die Vorlagen gehören dann der anderen Person. Es gibt kein Zurück.",
    look_alikes: "Doppelgänger suchen",
    look_alike: "{one} und {other} sehen sich ähnlich: {similarity}",
    no_look_alikes: "Niemand sieht einer anderen Person zum Verwechseln ähnlich.",
    online: "Sieht",
    camera_offline: "Sieht nichts",
    paused: "Pausiert",
    pause: "Pausieren",
    resume: "Fortsetzen",
    snapshot: "Zeigen, was sie sieht",
    snapshot_of: "Was {camera} sieht, {when}",
    setting_range: "{minimum} bis {maximum}{unit}; {standard}{unit}, wenn du nichts änderst.",
    setting_standard: "{standard}, wenn du nichts änderst.",
    on: "An",
    off: "Aus",
    reset: "Zurück auf {standard}",
    saved: "Gespeichert.",
    locked: "In der Konfiguration von edged ausgeschaltet; nur dort lässt es sich einschalten.",
    number_needed: "Gib eine Zahl ein.",
  },
};

/** Each setting: its unit, its step, and in each language what it is called and what changing it does. */
const SETTINGS = {
  match_threshold: {
    step: 0.01,
    en: [
      "How similar a face must be",
      "Higher: strangers are taken for people you know less often, and people you know are missed more often.",
    ],
    de: ["Wie ähnlich ein Gesicht sein muss", "Höher: Unbekannte werden seltener verwechselt, Bekannte öfter verpasst."],
  },
  margin: {
    step: 0.01,
    en: ["Lead over the second most similar person", "Higher: people who look alike are mixed up less often, and named less often."],
    de: ["Vorsprung vor der zweitähnlichsten Person", "Höher: Ähnliche Personen werden seltener verwechselt und seltener erkannt."],
  },
  max_false_alarms: {
    step: 0.001,
    en: ["Share of strangers' visits that may be given a name", "Lower is stricter: 0.01 is one visit in a hundred."],
    de: ["Anteil der Besuche Unbekannter, die einen Namen bekommen dürfen", "Kleiner ist strenger: 0,01 ist einer von hundert."],
  },
  min_face_px: {
    step: 1,
    unit: "px",
    en: ["Smallest face that is recognised", "Smaller faces are seen, and nobody is asked who they are. Higher: only who is near counts."],
    de: ["Kleinstes Gesicht, das erkannt wird", "Kleinere werden gesehen, aber nicht zugeordnet. Höher: Nur wer nah ist, zählt."],
  },
  trigger_level: {
    step: 1,
    en: ["Looks that must agree", "Higher: a message comes later and is wrong less often."],
    de: ["Blicke, die übereinstimmen müssen", "Höher: Eine Meldung kommt später und ist seltener falsch."],
  },
  stranger_after_seconds: {
    step: 0.1,
    unit: "s",
    en: ["Call somebody a stranger after", "Longer: people you know are called strangers less often, and strangers are told later."],
    de: ["Als unbekannt melden nach", "Länger: Bekannte gelten seltener als unbekannt, Unbekannte werden später gemeldet."],
  },
  refractory_seconds: {
    step: 1,
    unit: "s",
    en: ["Announce nobody again within", "Who comes back within this time is still the same visit."],
    de: ["Niemanden erneut melden innerhalb von", "Wer in dieser Zeit zurückkommt, zählt als derselbe Besuch."],
  },
  lost_after_seconds: {
    step: 0.1,
    unit: "s",
    en: ["Gone when unseen for", "Longer: who turns round stays present; who leaves is noticed later."],
    de: ["Gegangen, wenn ungesehen seit", "Länger: Wer sich umdreht, bleibt anwesend; wer geht, wird später bemerkt."],
  },
  emotion: {
    en: ["Expression", "Publish what expression a face has. It is no feeling. Ask people before you switch it on."],
    de: ["Gesichtsausdruck", "Veröffentlicht den Ausdruck eines Gesichts. Das ist kein Gefühl. Frag die Leute vorher."],
  },
  age_gender: {
    en: ["Age and gender", "Publish an estimate from looks. It is no proof of age. Ask people before you switch it on."],
    de: ["Alter und Geschlecht", "Veröffentlicht eine Schätzung nach dem Aussehen, keinen Altersnachweis. Frag die Leute vorher."],
  },
  pictures: {
    en: ["Pictures", "Off: no picture of anybody is sent or stored, and this card shows no faces."],
    de: ["Bilder", "Aus: Von niemandem wird ein Bild gesendet oder gespeichert, und diese Karte zeigt keine Gesichter."],
  },
};

/** What to do during a guided capture, by edged's word; other languages than these show edged's own sentence. */
const HINTS = {
  de: {
    nobody: "Stell dich vor die Kamera.",
    one_at_a_time: "Bitte nur eine Person vor der Kamera.",
    closer: "Komm näher.",
    not_in_the_middle: "Stell dich in die Mitte des Bildes.",
    too_dark: "Es ist zu dunkel: Mach Licht an.",
    too_bright: "Es ist zu hell: Geh aus dem Gegenlicht.",
    hold_still: "Halt still.",
    somebody_else: "Das ist jemand anderes als am Anfang.",
    not_upright: "Das Gesicht liegt quer oder steht kopf: Die Kamera ist so montiert.",
    unusual_view: "Das Gesicht ist verdeckt, verzerrt oder ungleich beleuchtet.",
    look_straight: "Schau geradeaus.",
    turn_left: "Dreh den Kopf ein wenig nach links.",
    turn_right: "Dreh den Kopf ein wenig nach rechts.",
    look_up: "Heb das Kinn ein wenig.",
    look_down: "Senk das Kinn ein wenig.",
  },
};

/** What is said in the language of who looks: words, numbers and times. */
class Speech {
  constructor(hass) {
    const language = hass.locale?.language ?? hass.language ?? "en";
    this.language = language.startsWith("de") ? "de" : "en";
    this.locale = language;
    this.hourCycle = { 12: "h12", 24: "h23" }[hass.locale?.time_format];
    this.timeZone = hass.locale?.time_zone === "server" ? hass.config?.time_zone : undefined;
  }

  /** A sentence with its values; of two forms parted by | the first is that of one. */
  say(key, values = {}) {
    const [one, many = one] = WORDS[this.language][key].split("|");
    const form = values.count === 1 ? one : many;
    return form.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
  }

  number(value) {
    return value.toLocaleString(this.locale, { maximumFractionDigits: 3 });
  }

  /** A similarity or a quality, of which two digits say enough. */
  share(value) {
    return value.toLocaleString(this.locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  }

  /** A time of day, with the day where it is not today. */
  when(time) {
    const moment = new Date(time);
    const zone = { timeZone: this.timeZone };
    const day = (date) => date.toLocaleDateString(this.locale, zone);
    const date = day(moment) === day(new Date()) ? {} : { day: "numeric", month: "short" };
    return moment.toLocaleString(this.locale, { ...zone, ...date, hour: "2-digit", minute: "2-digit", hourCycle: this.hourCycle });
  }

  duration(seconds) {
    return seconds < 90
      ? this.say("seconds", { count: Math.max(1, Math.round(seconds)) })
      : this.say("minutes", { count: Math.round(seconds / 60) });
  }

  /** What a stranger is called: the number in the id. */
  stranger(id) {
    return this.say("stranger", { number: id.replace(/^stranger-/, "") });
  }

  /** Who a visit, an event or a row is of. */
  who(row) {
    return row.display_name ?? row.person ?? (row.stranger ? this.stranger(row.stranger) : this.say("somebody"));
  }

  /** A name of topics as people write it. */
  camera(name) {
    const words = name.replace(/[_-]+/g, " ").trim();
    return words ? words[0].toUpperCase() + words.slice(1) : name;
  }

  setting(name) {
    return SETTINGS[name]?.[this.language] ?? [name, ""];
  }

  hint(told) {
    return HINTS[this.language]?.[told.hint] ?? (told.hint ? told.message : this.say("capture_begins"));
  }
}

/** An element; options are attributes, properties that are no text, and listeners as onclick. Text is only ever text, never HTML. */
function element(tag, options = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") made[name] = value;
    else if (value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function drawing(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** A button with a text, or with several things in it. */
function button(content, onclick, options = {}) {
  return element("button", { type: "button", onclick, ...options }, ...[content].flat());
}

/** A label and what it is of; the texts of hints are read out with it. */
let labels = 0;
function labelled(text, field, hint = null) {
  field.id = `edged-field-${(labels += 1)}`;
  if (hint) {
    hint.id = `${field.id}-hint`;
    field.setAttribute("aria-describedby", hint.id);
  }
  return element("div", { class: "field" }, element("label", { for: field.id }, text), hint, field);
}

function freshId() {
  // randomUUID is only where the page came over TLS, which at home it often did not.
  const bytes = crypto.getRandomValues(new Uint8Array(ID_BYTES));
  return `card-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A request that edged refused: its word for programs, and its sentence for people. */
class Refused extends Error {
  constructor({ code, message }) {
    super(message);
    this.code = code;
  }
}

/** Requests and answers over Home Assistant's MQTT. */
class Wire {
  #hass;
  #pending = new Map();
  #closing = [];
  #isClosed = false;
  #opened = null;

  /** hass gives the newest `hass` object; root is `<prefix>/<device>`. */
  constructor(hass, speech, root) {
    this.#hass = hass;
    this.speech = speech;
    this.root = root;
  }

  /** Hear what is published on a topic until everything is closed: heard(payload, topic). */
  async listen(topic, heard) {
    const told = (message) => heard(message.payload, message.topic);
    try {
      const stop = await this.#hass().connection.subscribeMessage(told, { type: "mqtt/subscribe", topic, qos: 1 });
      if (this.#isClosed) stop();
      else this.#closing.push(stop);
    } catch (error) {
      const said = error.code === "unauthorized" ? this.speech.say("not_admin") : this.speech.say("no_mqtt", { reason: error.message });
      throw new Error(said, { cause: error });
    }
  }

  /** The data of the answer to a request; progress(data) is called with what comes before it. */
  async ask(verb, fields = {}, { seconds = ANSWER_SECONDS, progress = null } = {}) {
    await this.open();
    const id = freshId();
    const answer = new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject, progress, seconds }));
    this.#wait(id);
    this.#send(verb, { id, ...fields }).catch((error) => this.#settle(id, "reject", error));
    return answer;
  }

  /** Hear the answers, before anything is asked. */
  open() {
    this.#opened ??= this.listen(`${this.root}/response/+`, (payload) => this.#answered(parsed(payload))).catch((error) => {
      this.#opened = null; // the next request tries again
      throw error;
    });
    return this.#opened;
  }

  close() {
    for (const stop of this.#closing) Promise.resolve(stop()).catch(() => undefined); // the connection may be gone already
    for (const id of this.#pending.keys()) this.#settle(id, "reject", new Error(this.speech.say("waiting")));
    this.#closing = [];
    this.#isClosed = true;
  }

  async #send(verb, request) {
    const topic = `${this.root}/request/${verb}`;
    const payload = JSON.stringify(request).padEnd(request.image ? UNRECORDED_CHARACTERS : 0);
    try {
      await this.#hass().callService("mqtt", "publish", { topic, payload, qos: 1 });
    } catch (error) {
      throw new Error(this.speech.say("not_sent", { reason: error.message }), { cause: error });
    }
  }

  #answered(answer) {
    const waiting = this.#pending.get(answer?.id);
    if (!waiting) return; // somebody else's
    if (answer.status === "progress") {
      this.#wait(answer.id);
      waiting.progress?.(answer.data);
    } else if (answer.status === "ok") this.#settle(answer.id, "resolve", answer.data);
    else this.#settle(answer.id, "reject", new Refused(answer.error));
  }

  #wait(id) {
    const waiting = this.#pending.get(id);
    clearTimeout(waiting.timer);
    const late = () => this.#settle(id, "reject", new Error(this.speech.say("unanswered", { seconds: waiting.seconds })));
    waiting.timer = setTimeout(late, waiting.seconds * 1000);
  }

  #settle(id, how, value) {
    const waiting = this.#pending.get(id);
    if (!waiting) return;
    clearTimeout(waiting.timer);
    this.#pending.delete(id);
    waiting[how](value);
  }
}

/** Faces, asked for when they come into view, a few at a time, the newest wish first; those seen last are kept. */
class Pictures {
  #wire;
  #can;
  #kept = new Map();
  #wishes = new WeakMap();
  #wanted = [];
  #running = 0;
  #observer = new IntersectionObserver((entries) => this.#seen(entries), { rootMargin: `${PICTURE_MARGIN_PX}px` });

  constructor(wire, can) {
    this.#wire = wire;
    this.#can = can;
  }

  /** An image of who is shown: request is what `picture` is asked; version changes when the picture may. */
  face(request, who, { version = "", side = SMALL_FACE_PX, text = null } = {}) {
    const image = element("img", { class: "face", alt: text ?? "", loading: "eager" });
    const initial = element("span", { class: "initial", "aria-hidden": "true" }, [...who][0] ?? "");
    const frame = element("span", { class: "frame" }, initial, image);
    image.hidden = true;
    if (request && this.#can("picture")) {
      this.#wishes.set(image, { request: { longest_side: side, ...request }, key: JSON.stringify([request, version, side]) });
      this.#observer.observe(image.parentElement);
    }
    return frame;
  }

  /** Keep none any more: somebody was forgotten. */
  clear() {
    this.#kept.clear();
  }

  close() {
    this.#observer.disconnect();
    this.#wanted = [];
    this.clear();
  }

  #seen(entries) {
    for (const { target, isIntersecting } of entries) {
      const image = target.querySelector("img");
      this.#wanted = this.#wanted.filter((other) => other !== image);
      if (isIntersecting) this.#wanted.push(image);
    }
    this.#next();
  }

  #next() {
    while (this.#running < PICTURES_AT_ONCE && this.#wanted.length) this.#fetch(this.#wanted.shift());
  }

  async #fetch(image) {
    const wish = this.#wishes.get(image);
    this.#observer.unobserve(image.parentElement);
    this.#wishes.delete(image);
    this.#running += 1;
    try {
      image.src = await this.#picture(wish);
      image.hidden = false;
    } catch (error) {
      image.parentElement.title = error.message; // the first letter stays in its place
    } finally {
      this.#running -= 1;
      this.#next();
    }
  }

  async #picture({ request, key }) {
    const known = this.#kept.get(key) ?? `data:image/jpeg;base64,${(await this.#wire.ask("picture", request)).image}`;
    this.#kept.delete(key);
    this.#kept.set(key, known);
    if (this.#kept.size > MOST_PICTURES) this.#kept.delete(this.#kept.keys().next().value);
    return known;
  }
}

/** What edged says of itself all the time: its cameras, settings and problems, who is there, and that something happened. */
class Door extends EventTarget {
  cameras = new Map();
  settings = new Map();
  available = null;
  problem = null;
  info = null;
  names = new Map();
  #wire;

  constructor(wire) {
    super();
    this.#wire = wire;
  }

  /**
   * Listen to edged, to its answers first of all: Home Assistant says that it listens to a topic before the broker knows of it, some tenths of
   * a second earlier than edged answers. What the broker keeps comes when it knows of this topic and of those before it, so that whoever
   * asks once `info` has come, and again once `availability` has, is heard.
   */
  async open() {
    await this.#wire.open();
    const of = (topic, heard) => this.#wire.listen(`${this.#wire.root}/${topic}`, heard);
    await of("availability", (payload) => this.#connected(payload === "online"));
    await of("problem", (payload) => this.#change(() => (this.problem = parsed(payload)?.reason ?? null)));
    await of("info", (payload) => this.#introduced(parsed(payload)));
    await of("setting/+", (payload, topic) => this.#set(topic.split("/").pop(), parsed(payload)));
  }

  /** Whether a request is carried out: the configuration may not allow it, or edged be older than this card. */
  can(verb) {
    return this.info?.requests.includes(verb) ?? false;
  }

  /** Everybody who is enrolled, by pages. */
  async people() {
    const found = [];
    for (let after = null; ;) {
      const { people, next } = await this.#wire.ask("people", { limit: MOST_ROWS, after });
      found.push(...people);
      if (!next) break;
      after = next;
    }
    this.names = new Map(found.map((row) => [row.person, row.display_name]));
    return found;
  }

  /** What somebody who is enrolled is called. */
  name(person) {
    return this.names.get(person) ?? person;
  }

  /** Say that lists have changed. */
  touch() {
    this.dispatchEvent(new Event("happened"));
  }

  #change(apply) {
    apply();
    this.dispatchEvent(new Event("change"));
  }

  #connected(available) {
    if (available && this.available !== null) this.touch(); // back is edged, or this browser, which heard nothing meanwhile
    this.#change(() => (this.available = available));
  }

  #introduced(info) {
    if (!info) return;
    const unheard = info.cameras.filter((name) => !this.cameras.has(name));
    for (const name of unheard) this.cameras.set(name, { status: null, people: null, paused: false });
    this.#change(() => (this.info = info));
    for (const name of unheard) this.#watch(name);
  }

  #watch(name) {
    const camera = this.cameras.get(name);
    const of = (topic, heard) => this.#wire.listen(`${this.#wire.root}/${name}/${topic}`, heard).catch(() => undefined);
    of("status", (payload) => this.#change(() => (camera.status = parsed(payload))));
    of("people", (payload) => this.#change(() => (camera.people = parsed(payload))));
    of("pause", (payload) => this.#change(() => (camera.paused = payload === "ON")));
    of("event", (payload) => this.#happened(parsed(payload)));
  }

  #happened(event) {
    if (!VISIT_EVENTS.has(event?.event_type)) return;
    if (event.person && event.display_name) this.names.set(event.person, event.display_name);
    this.#change(() => this.touch());
  }

  #set(name, state) {
    if (state) this.#change(() => this.settings.set(name, state));
  }
}

/** A list that grows as its end comes into view, and of which each row stays the element that it was. */
class PagedList {
  #load;
  #key;
  #draw;
  #open;
  #next = null;
  #loading = null;
  #stale = false;
  #rows = new Map();
  #end;

  /** load(limit, after) gives {rows, next}; draw(row) its class and content; open(row) is what a tap does; empty stands where there is none. */
  constructor(parts, { load, key, draw, open, empty, label, kind = "rows" }) {
    this.#load = load;
    this.#key = key;
    this.#draw = draw;
    this.#open = open;
    this.list = element("ul", { class: kind, role: "list", "aria-label": label });
    this.empty = element("p", { class: "quiet", hidden: true }, empty);
    this.more = button(parts.speech.say("more"), () => this.#grow(), { class: "more", hidden: true });
    this.alert = element("p", { class: "refusal", role: "alert" });
    this.node = element("div", {}, this.alert, this.empty, this.list, this.more);
    this.#end = new IntersectionObserver((entries) => entries.at(-1).isIntersecting && this.#grow(), { rootMargin: "300px" });
  }

  /** Read anew as many rows as are shown; what is asked for meanwhile follows once. */
  async refresh() {
    if (this.#loading) {
      this.#stale = true;
      return this.#loading;
    }
    this.#loading = this.#read(Math.min(MOST_ROWS, Math.max(PAGE, this.#rows.size)), null, false);
    await this.#loading;
    if (this.#stale) {
      this.#stale = false;
      await this.refresh();
    }
  }

  async #grow() {
    if (this.#loading || !this.#next) return;
    this.#loading = this.#read(PAGE, this.#next, true);
    await this.#loading;
    if (this.#stale) {
      this.#stale = false;
      await this.refresh();
    }
  }

  async #read(limit, after, keep) {
    try {
      const { rows, next } = await this.#load(limit, after);
      this.#next = next;
      this.#show(rows, keep);
      this.alert.textContent = "";
    } catch (error) {
      this.alert.textContent = error.message;
    } finally {
      this.#loading = null;
      this.more.hidden = !this.#next;
      this.#end.unobserve(this.more); // observed anew it says whether the end is still in view
      this.#end.observe(this.more);
    }
  }

  #show(rows, keep) {
    const focused = this.list.getRootNode().activeElement;
    const focusedPlace = [...this.list.children].findIndex((item) => item.contains(focused));
    const shown = keep ? new Map(this.#rows) : new Map();
    for (const row of rows) shown.set(this.#key(row), this.#item(row));
    for (const [key, { item }] of this.#rows) if (shown.get(key)?.item !== item) item.remove();
    this.#rows = shown;
    let place = this.list.firstElementChild;
    for (const { item } of shown.values()) {
      if (item === place) place = place.nextElementSibling;
      else this.list.insertBefore(item, place);
    }
    this.empty.hidden = shown.size > 0;
    if (focusedPlace >= 0 && !focused.isConnected) this.#focus(focusedPlace);
  }

  /** Give the focus of a row that is gone to the one in its place, or to the view. */
  #focus(place) {
    const items = this.list.children;
    const item = items[Math.min(place, items.length - 1)];
    (item?.firstElementChild ?? this.node.parentElement)?.focus();
  }

  /** The element of a row: the same as before, so that it keeps the focus, with what is new in it. */
  #item(row) {
    const text = JSON.stringify(row);
    const known = this.#rows.get(this.#key(row)) ?? this.#made();
    if (known.text !== text) {
      Object.assign(known, { text, row });
      const { kind, content } = this.#draw(row);
      known.pressed.className = kind;
      known.pressed.replaceChildren(...content);
    }
    return known;
  }

  #made() {
    const made = { pressed: button([], () => this.#open(made.row)) };
    made.item = element("li", {}, made.pressed);
    return made;
  }
}

/** The line below a form that says what came of it. */
class Outcome {
  constructor(parts) {
    this.speech = parts.speech;
    this.said = element("p", { role: "alert", class: "refusal" });
    this.again = element("div");
    this.node = element("div", { class: "outcome" }, this.said, this.again);
  }

  /** Carry out what a button or form asks for while its controls rest; a look-alike that edged refuses can be allowed. */
  async attempt(controls, action, more = {}) {
    this.clear();
    for (const control of controls) control.disabled = true;
    try {
      await action(more);
    } catch (error) {
      this.refuse(error);
      if (ALIKE_CODES.has(error.code)) this.#offer(() => this.attempt(controls, action, { allow_alike: true }));
    } finally {
      for (const control of controls) control.disabled = false;
    }
  }

  refuse(error) {
    this.said.textContent = error.message;
    if (error instanceof Refused)
      this.said.lang = "en"; // edged's own sentences
    else this.said.removeAttribute("lang");
    this.said.scrollIntoView({ block: "nearest" }); // what was pressed may be far below
  }

  clear() {
    this.said.textContent = "";
    this.again.replaceChildren();
  }

  #offer(action) {
    this.again.replaceChildren(button(this.speech.say("alike_allow"), action));
  }
}

/** A dialog of the browser's own: it keeps the focus, closes by Escape, and gives the focus back. */
class Dialog {
  constructor(parts, title, ...content) {
    this.parts = parts;
    const close = button("×", () => this.close(), { class: "close", "aria-label": parts.speech.say("close") });
    const heading = element("h2", { id: `edged-dialog-${(labels += 1)}` }, title);
    this.node = element("dialog", { "aria-labelledby": heading.id }, element("header", {}, heading, close), ...content);
    this.node.addEventListener("close", () => this.node.remove());
    this.node.addEventListener("click", (event) => event.target === this.node && this.close());
    parts.root.append(this.node);
    this.node.showModal();
  }

  /** Close it; a notice says what was done. */
  close(notice = null) {
    this.node.close();
    if (notice) this.parts.notices.say(notice);
  }

  add(...content) {
    this.node.append(...content.filter(Boolean));
  }
}

/** What was done, said aloud and shown for a while. */
class Notices {
  constructor() {
    this.node = element("p", { class: "notice", role: "status" });
  }

  say(text) {
    clearTimeout(this.timer);
    this.node.textContent = text;
    this.timer = setTimeout(() => (this.node.textContent = ""), NOTICE_MS);
  }
}

/** A button that asks once more, in its own place, before something is done that cannot be undone. */
function twice(parts, text, { sure, explained, yes }, action) {
  const place = element("div", { class: "twice" });
  const first = button(text, ask, { class: "danger" });
  function ask() {
    const back = button(parts.speech.say("cancel"), restore);
    const group = element("div", { role: "group", "aria-label": sure, class: "sure" }, element("p", {}, `${sure} ${explained}`));
    group.append(button(yes, action, { class: "danger" }), back);
    place.replaceChildren(group);
    back.focus();
  }
  function restore() {
    place.replaceChildren(first);
    first.focus();
  }
  place.append(first);
  return place;
}

/** A form of one field and its button; send(value) is called with what was typed or chosen. */
function oneField(label, field, text, send) {
  const submit = element("button", { class: "primary" }, text);
  const onsubmit = (event) => {
    event.preventDefault();
    send(field.value.trim(), [submit, field]);
  };
  return element("form", { class: "line", onsubmit }, labelled(label, field), submit);
}

function nameField(value = "", most = MOST_NAME_CHARACTERS) {
  return element("input", { type: "text", value, maxlength: most, autocomplete: "off" });
}

/** A choice among the people; filled when they are known. */
function peopleField(parts, without = null) {
  const field = element("select", {}, element("option", { value: "" }, parts.speech.say("choose")));
  const fill = (people) => {
    const others = people.filter((row) => row.person !== without);
    others.sort((one, other) => one.display_name.localeCompare(other.display_name, parts.speech.locale));
    field.append(...others.map((row) => element("option", { value: row.person }, row.display_name)));
  };
  parts.door.people().then(fill, () => undefined); // without answers the choice stays empty, and the request says why
  return field;
}

/** What edged noted beside doing what was asked. */
function withNotes(text, notes = []) {
  return [text, ...notes.map((note) => note.message)].join(" ");
}

/** Everything that may be decided about a stranger. */
class StrangerDialog {
  constructor(parts, stranger, group = []) {
    this.parts = parts;
    this.stranger = stranger;
    this.name = parts.speech.stranger(stranger.stranger);
    this.outcome = new Outcome(parts);
    this.others = group.filter((id) => id !== stranger.stranger);
    this.dialog = new Dialog(parts, this.name, this.#facts(), this.#whole(), this.outcome.node);
    if (parts.door.can("enroll")) this.dialog.add(this.#naming(), this.#knowing());
    if (parts.door.can("ignore")) this.dialog.add(this.#ignoring());
    if (parts.door.can("forget")) this.dialog.add(this.#forgetting());
  }

  #facts() {
    const { speech, pictures } = this.parts;
    const row = this.stranger;
    const text = speech.say("face_of", { who: this.name });
    const face = pictures.face({ stranger: row.stranger }, "?", { version: row.last_seen_at, side: LARGE_FACE_PX, text });
    const facts = [];
    if (row.seen_count) facts.push(speech.say("visits_count", { count: row.seen_count }));
    if (row.first_seen_at) facts.push(speech.say("first_seen", { when: speech.when(row.first_seen_at) }));
    if (row.last_seen_at) facts.push(speech.say("last_seen", { when: speech.when(row.last_seen_at) }));
    return element("div", { class: "facts" }, face, element("p", {}, facts.join(" · ")));
  }

  /** Whether the others who look like the same person are meant too. */
  #whole() {
    if (!this.others.length) return null;
    this.also = element("input", { type: "checkbox", checked: true });
    const names = this.others.map((id) => this.parts.speech.stranger(id)).join(", ");
    return element("label", { class: "check" }, this.also, this.parts.speech.say("take_group", { names }));
  }

  #naming() {
    const { speech } = this.parts;
    const enroll = (person, controls) => this.#enroll(person, controls, "name_needed");
    return element(
      "section",
      {},
      element("h3", {}, speech.say("give_name_title")),
      oneField(speech.say("name"), nameField(), speech.say("give_name"), enroll),
    );
  }

  #knowing() {
    const { speech } = this.parts;
    const enroll = (person, controls) => this.#enroll(person, controls, "choose_needed");
    const form = oneField(speech.say("known"), peopleField(this.parts), speech.say("is_known"), enroll);
    return element("section", {}, element("h3", {}, speech.say("known_title")), form);
  }

  #enroll(person, controls, missing) {
    const { speech, wire, door } = this.parts;
    const whom = this.also?.checked ? { strangers: [this.stranger.stranger, ...this.others] } : { stranger: this.stranger.stranger };
    return this.outcome.attempt(controls, async (more) => {
      if (!person) throw new Error(speech.say(missing));
      const done = await wire.ask("enroll", { person, ...whom, ...more });
      this.dialog.close(withNotes(speech.say("is_enrolled", { who: done.display_name, count: done.templates }), done.notes));
      door.touch();
    });
  }

  #ignoring() {
    const { speech, wire, door } = this.parts;
    const ignored = !this.stranger.ignored;
    const send = (event) =>
      this.outcome.attempt([event.target], async () => {
        await wire.ask("ignore", { stranger: this.stranger.stranger, ignored });
        this.dialog.close(speech.say(ignored ? "is_ignored" : "is_reported", { who: this.name }));
        door.touch();
      });
    return element(
      "section",
      {},
      ignored ? element("p", { class: "quiet" }, speech.say("ignore_text")) : null,
      button(speech.say(ignored ? "ignore" : "report"), send),
    );
  }

  #forgetting() {
    return element("section", {}, forgetting(this, this.stranger.stranger, this.name));
  }
}

/** The button that forgets a person or a stranger out of their dialog. */
function forgetting({ parts, outcome, dialog }, person, who) {
  const { speech, wire, door, pictures } = parts;
  const words = { sure: speech.say("forget_sure", { who }), explained: speech.say("forget_text"), yes: speech.say("forget_yes") };
  return twice(parts, speech.say("forget"), words, (event) =>
    outcome.attempt([event.target], async () => {
      const done = await wire.ask("forget", { person });
      pictures.clear();
      const alike = done.also_strangers.map((id) => speech.stranger(id)).join(", ");
      const also = alike ? ` ${speech.say("also_strangers", { names: alike })}` : "";
      dialog.close(speech.say("is_forgotten", { who }) + also);
      door.touch();
    }),
  );
}

/** One person with their templates, and everything that may be changed about them. */
class PersonDialog {
  constructor(parts, person, name) {
    this.parts = parts;
    this.person = person;
    this.name = name;
    this.outcome = new Outcome(parts);
    this.templates = element("ul", { class: "wall", role: "list" });
    this.hint = element("p", { class: "quiet", lang: "en" });
    this.dialog = new Dialog(parts, name, this.outcome.node, this.templates, this.hint);
    if (parts.door.can("enroll")) this.dialog.add(this.#adding());
    if (parts.door.can("rename")) this.dialog.add(this.#renaming());
    if (parts.door.can("merge")) this.dialog.add(this.#merging());
    if (parts.door.can("forget")) this.dialog.add(element("section", {}, forgetting(this, person, name)));
    this.#read();
  }

  #read() {
    return this.outcome.attempt([], async () => {
      const shown = await this.parts.wire.ask("person", { person: this.person });
      this.templates.replaceChildren(...shown.template_list.map((template, place) => this.#template(template, place)));
      this.hint.textContent = shown.hint ?? "";
    });
  }

  #template(template, place) {
    const { speech, pictures, door } = this.parts;
    const request = template.has_picture ? { person: this.person, template: place + 1 } : null;
    const text = speech.say("face_of", { who: this.name });
    const facts = [speech.say("quality", { quality: speech.share(template.quality) }), speech.when(template.created_at)];
    if (template.learned) facts.push(speech.say("learned"));
    if (template.nearest_person) {
      const who = door.name(template.nearest_person);
      facts.push(speech.say("looks_most_like", { who, similarity: speech.share(template.nearest_similarity) }));
    }
    const face = pictures.face(request, this.name, { version: template.created_at, text });
    return element("li", { class: "tile" }, face, element("span", { class: "quiet" }, facts.join(" · ")));
  }

  #adding() {
    const { speech } = this.parts;
    const done = () => this.#read();
    const photos = new PhotoButtons(this.parts, () => this.person, done);
    return element(
      "section",
      {},
      element("h3", {}, speech.say("add_pictures")),
      photos.node,
      captureButton(this.parts, () => [this.person, this.name], done),
    );
  }

  #renaming() {
    const { speech, wire, door } = this.parts;
    const send = (name, controls) =>
      this.outcome.attempt(controls, async (more) => {
        if (!name) throw new Error(speech.say("name_needed"));
        const done = await wire.ask("rename", { person: this.person, display_name: name, ...more });
        this.dialog.close(speech.say("is_renamed", { who: done.display_name }));
        door.touch();
      });
    return element("section", {}, oneField(speech.say("name"), nameField(this.name, MOST_SHOWN_CHARACTERS), speech.say("rename"), send));
  }

  #merging() {
    const { speech, wire, door } = this.parts;
    const send = (into, controls) =>
      this.outcome.attempt(controls, async () => {
        if (!into) throw new Error(speech.say("choose_needed"));
        const done = await wire.ask("merge", { person: this.person, into });
        this.dialog.close(withNotes(speech.say("is_merged", { merged: this.name, who: done.display_name }), done.notes));
        door.touch();
      });
    const form = oneField(speech.say("merge"), peopleField(this.parts, this.person), speech.say("merge_yes"), send);
    return element("section", {}, form, element("p", { class: "quiet" }, speech.say("merge_text", { who: this.name })));
  }
}

/** Somebody new, by photos or before the camera. */
function newPersonDialog(parts) {
  const { speech } = parts;
  const name = nameField();
  const person = () => {
    if (!name.value.trim()) throw new Error(speech.say("name_needed"));
    return name.value.trim();
  };
  const photos = new PhotoButtons(parts, person, () => undefined);
  const explained = element("p", { class: "quiet" }, speech.say("add_text"));
  const capture = captureButton(
    parts,
    () => [person(), person()],
    () => dialog.close(),
  );
  const dialog = new Dialog(parts, speech.say("add_person"), labelled(speech.say("name"), name), explained, photos.node, capture);
  name.focus();
}

/** A photo as a JPEG that is no larger than it need be, upright, in base64. */
async function photoText(file, speech) {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error(speech.say("photo_unreadable"));
  });
  const scale = Math.min(1, PHOTO_PX / Math.max(bitmap.width, bitmap.height));
  const canvas = element("canvas", { width: Math.round(bitmap.width * scale), height: Math.round(bitmap.height * scale) });
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  for (const quality of PHOTO_QUALITIES) {
    const text = canvas.toDataURL("image/jpeg", quality).split(",")[1];
    if (text.length * 0.75 <= MOST_PHOTO_BYTES || quality === PHOTO_QUALITIES.at(-1)) return text;
  }
  return "";
}

/** Two buttons that add photos of somebody, from the phone's camera or its album, and a line for each photo that says what came of it. */
class PhotoButtons {
  constructor(parts, person, done) {
    this.parts = parts;
    this.person = person;
    this.done = done;
    const { speech } = parts;
    this.results = element("ul", { class: "results" });
    this.outcome = new Outcome(parts);
    const buttons = element(
      "div",
      { class: "line" },
      this.#button(speech.say("take_photo"), { capture: "user" }),
      this.#button(speech.say("choose_photos"), { multiple: true }),
    );
    this.node = element("div", {}, buttons, element("div", { role: "log" }, this.results), this.outcome.node);
  }

  #button(text, options) {
    const input = element("input", {
      type: "file",
      accept: "image/*",
      hidden: true,
      "aria-label": text,
      onchange: () => this.#chosen(input),
      ...options,
    });
    return element(
      "span",
      {},
      button(text, () => input.click()),
      input,
    );
  }

  async #chosen(input) {
    const files = [...input.files];
    input.value = "";
    this.results.replaceChildren();
    for (const file of files) await this.outcome.attempt([], (more) => this.#send(file, more));
    this.parts.door.touch();
    this.done();
  }

  async #send(file, more) {
    const { speech, wire } = this.parts;
    const person = this.person();
    const line = element("li", {}, speech.say("loading"));
    this.results.append(line);
    try {
      const done = await wire.ask("enroll", { person, image: await photoText(file, speech), ...more }, { seconds: LONG_ANSWER_SECONDS });
      line.textContent = withNotes(speech.say("photo_ok", { file: file.name }), done.notes);
    } catch (error) {
      line.textContent = speech.say("photo_refused", { file: file.name, reason: error.message });
      line.className = "refusal";
      if (ALIKE_CODES.has(error.code)) throw error; // which the owner may allow
    }
  }
}

/** The button that begins a guided capture; nothing where no camera can be used. person() gives whom a request names, and the name shown. */
function captureButton(parts, person, done) {
  const { speech, door } = parts;
  if (!door.cameras.size) return null;
  const outcome = new Outcome(parts);
  const open = (event) => outcome.attempt([event.target], async () => void new CaptureDialog(parts, ...person(), done));
  const explained = element("p", { class: "quiet" }, speech.say("capture_text"));
  return element("div", {}, button(speech.say("capture"), open), explained, outcome.node);
}

/** A guided capture: what to do now, and a ring that closes with each look. */
class CaptureDialog {
  constructor(parts, person, name, done) {
    this.parts = parts;
    this.person = person;
    this.done = done;
    const { speech, door } = parts;
    this.outcome = new Outcome(parts);
    this.hint = element("p", { class: "hint", role: "status" });
    this.camera = element(
      "select",
      {},
      ...[...door.cameras.keys()].map((camera) => element("option", { value: camera }, speech.camera(camera))),
    );
    this.begin = button(speech.say("capture_start"), () => this.#begin(), { class: "primary" });
    this.stop = button(speech.say("cancel"), () => this.#stop());
    this.stop.hidden = true;
    const choice = labelled(speech.say("cameras"), this.camera);
    choice.hidden = door.cameras.size === 1;
    this.dialog = new Dialog(
      parts,
      name,
      choice,
      this.#ring(),
      this.hint,
      this.outcome.node,
      element("div", { class: "line" }, this.begin, this.stop),
    );
    this.dialog.node.addEventListener("close", () => this.#stop());
    this.begin.focus();
  }

  #ring() {
    const length = 2 * Math.PI * RING_RADIUS;
    const circle = (name) => drawing("circle", { class: name, cx: 50, cy: 50, r: RING_RADIUS });
    this.arc = circle("arc");
    this.arc.style.strokeDasharray = `${length}`;
    this.count = drawing("text", { x: 50, y: 50 });
    this.ring = drawing(
      "svg",
      { class: "ring", viewBox: "0 0 100 100", role: "progressbar", "aria-label": this.parts.speech.say("capture_ring") },
      circle("track"),
      this.arc,
      this.count,
    );
    this.#show(0, 1, "");
    return this.ring;
  }

  #show(taken, looks, text) {
    this.arc.style.strokeDashoffset = `${2 * Math.PI * RING_RADIUS * (1 - taken / looks)}`;
    this.count.textContent = text;
    this.ring.setAttribute("aria-valuenow", taken);
    this.ring.setAttribute("aria-valuemax", looks);
  }

  async #begin() {
    const { speech, wire, door } = this.parts;
    this.running = true;
    this.stop.hidden = false;
    this.stop.focus();
    await this.outcome.attempt([this.begin, this.camera], async (more) => {
      const request = { person: this.person, capture: { camera: this.camera.value }, ...more };
      const done = await wire.ask("enroll", request, { seconds: CAPTURE_SECONDS, progress: (told) => this.#told(told) });
      this.running = false;
      this.dialog.close(withNotes(speech.say("is_enrolled", { who: done.display_name, count: done.templates }), done.notes));
      door.touch();
      this.done();
    });
    this.running = false;
    this.stop.hidden = true;
  }

  #told(told) {
    this.#show(told.taken, told.looks, `${told.taken}/${told.looks}`);
    const text = this.parts.speech.hint(told);
    if (this.hint.textContent !== text) this.hint.textContent = text; // read out once
  }

  #stop() {
    if (!this.running) return;
    this.running = false;
    const cancelling = { person: null, capture: { camera: this.camera.value, cancel: true } };
    this.parts.wire.ask("enroll", cancelling).catch((error) => this.outcome.refuse(error));
  }
}

/** Visits, the newest first. */
class VisitsView {
  constructor(parts) {
    this.parts = parts;
    const { speech, wire } = parts;
    const load = async (limit, after) => {
      const { visits, next } = await wire.ask("visits", { limit, after });
      return { rows: visits, next };
    };
    this.list = new PagedList(parts, {
      load,
      key: (row) => row.visit,
      draw: (row) => this.#draw(row),
      open: (row) => this.#open(row),
      empty: speech.say("no_visits"),
      label: speech.say("visits"),
    });
    this.node = this.list.node;
  }

  refresh() {
    return this.list.refresh();
  }

  #draw(row) {
    const { speech, pictures } = this.parts;
    const who = speech.who(row);
    const request = this.#face(row);
    const tags = [
      row.ended_at ? null : ["still_here"],
      row.corrected ? ["corrected", "corrected_text"] : null,
      row.still ? ["portrait"] : null,
    ];
    const facts = element("span", { class: "quiet" }, this.#facts(row));
    const text = element(
      "span",
      { class: "text" },
      element("span", { class: "name" }, who, ...tags.filter(Boolean).map((keys) => this.#tag(...keys))),
      facts,
    );
    return { kind: "row", content: [pictures.face(request, row.person ? who : "?"), text] };
  }

  /** The face of the visit while edged keeps it, else the one that is kept of who came. */
  #face({ has_picture: has, event_id: event, person, stranger }) {
    if (has) return { event };
    return person ? { person } : stranger && { stranger };
  }

  #facts(row) {
    const { speech } = this.parts;
    const facts = [speech.when(row.began_at)];
    if (row.ended_at)
      facts.push(speech.say("stayed", { duration: speech.duration((new Date(row.ended_at) - new Date(row.began_at)) / 1000) }));
    if (this.parts.door.cameras.size > 1) facts.push(speech.camera(row.camera));
    if (row.similarity !== null)
      facts.push(speech.say("similarity", { similarity: speech.share(row.similarity), threshold: speech.share(row.threshold) }));
    return facts.join(" · ");
  }

  #tag(key, text = null) {
    return element("span", { class: "tag", title: text ? this.parts.speech.say(text) : null }, this.parts.speech.say(key));
  }

  #open(row) {
    if (row.person) return void new PersonDialog(this.parts, row.person, row.display_name ?? row.person);
    if (row.stranger) this.parts.openStranger(row.stranger);
  }
}

/** The people who are enrolled. */
class PeopleView {
  #seen = new Map();

  constructor(parts) {
    this.parts = parts;
    const { speech } = parts;
    const load = (limit, after) => this.#load(limit, after);
    const open = (row) => new PersonDialog(parts, row.person, row.display_name);
    const texts = { empty: speech.say("no_people"), label: speech.say("people") };
    this.list = new PagedList(parts, { load, key: (row) => row.person, draw: (row) => this.#draw(row), open, ...texts });
    this.alike = element("ul", { class: "results" });
    this.outcome = new Outcome(parts);
    const add = button(speech.say("add_person"), () => newPersonDialog(parts), { class: "primary" });
    const look = button(speech.say("look_alikes"), (event) => this.#compare(event.target));
    const told = element("div", { role: "log" }, this.alike);
    this.node = element("div", {}, element("div", { class: "line" }, add, look), told, this.outcome.node, this.list.node);
  }

  refresh() {
    return this.list.refresh();
  }

  async #load(limit, after) {
    const { wire, door } = this.parts;
    if (!after && door.can("visits")) await this.#look();
    const { people, next } = await wire.ask("people", { limit, after });
    for (const row of people) door.names.set(row.person, row.display_name);
    return { rows: people.map((row) => ({ ...row, seen_at: this.#seen.get(row.person) ?? null })), next };
  }

  /** When each was here last, of the visits that are kept. */
  async #look() {
    const { visits } = await this.parts.wire.ask("visits", { kind: "person", limit: MOST_ROWS });
    this.#seen = new Map(visits.reverse().map((visit) => [visit.person, visit.ended_at ?? visit.began_at]));
  }

  #draw(row) {
    const { speech, pictures } = this.parts;
    const seen = row.seen_at ? speech.say("last_seen", { when: speech.when(row.seen_at) }) : speech.say("never_seen");
    const facts = [seen, speech.say("templates", { count: row.templates })];
    const face = pictures.face({ person: row.person }, row.display_name, { version: `${row.templates} ${row.learned}` });
    const text = element(
      "span",
      { class: "text" },
      element("span", { class: "name" }, row.display_name),
      element("span", { class: "quiet" }, facts.join(" · ")),
    );
    return { kind: "row", content: [face, text] };
  }

  #compare(pressed) {
    const { speech, wire } = this.parts;
    return this.outcome.attempt([pressed], async () => {
      const { look_alikes: found } = await wire.ask("calibrate", {}, { seconds: LONG_ANSWER_SECONDS });
      const lines = found.length ? found.map((pair) => this.#alike(pair)) : [speech.say("no_look_alikes")];
      this.alike.replaceChildren(...lines.map((text) => element("li", {}, text)));
    });
  }

  #alike({ person, other_person: other, similarity }) {
    const { speech, door } = this.parts;
    return speech.say("look_alike", { one: door.name(person), other: door.name(other), similarity: speech.share(similarity) });
  }
}

/** The strangers as a wall of faces, who was seen last first. */
class StrangersView {
  #rows = new Map();
  #groups = new Map();

  constructor(parts) {
    this.parts = parts;
    const { speech } = parts;
    const texts = { empty: speech.say("no_strangers"), label: speech.say("strangers"), kind: "wall" };
    const load = (limit, after) => this.#load(limit, after);
    this.list = new PagedList(parts, {
      load,
      key: (row) => row.stranger,
      draw: (row) => this.#draw(row),
      open: (row) => this.open(row.stranger),
      ...texts,
    });
    this.node = this.list.node;
  }

  refresh() {
    return this.list.refresh();
  }

  /** Open what may be decided about a stranger, of whom perhaps nothing but the id is known here. */
  async open(id) {
    if (!this.#groups.has(id)) await this.#group().catch(() => undefined); // without groups one name takes one
    new StrangerDialog(this.parts, this.#rows.get(id) ?? { stranger: id }, this.#groups.get(id));
  }

  async #load(limit, after) {
    if (!after) await this.#group();
    const { strangers, next } = await this.parts.wire.ask("strangers", { limit, after });
    for (const row of strangers) this.#rows.set(row.stranger, row);
    return { rows: strangers.map((row) => ({ ...row, alike: (this.#groups.get(row.stranger)?.length ?? 1) - 1 })), next };
  }

  /** Who looks like the same person. */
  async #group() {
    if (!this.parts.door.can("groups")) return;
    const found = new Map();
    for (let after = null; ;) {
      const { groups, next } = await this.parts.wire.ask("groups", { limit: MOST_ROWS, after });
      for (const { strangers } of groups) for (const id of strangers) found.set(id, strangers);
      if (!next) break;
      after = next;
    }
    this.#groups = found;
  }

  #draw(row) {
    const { speech, pictures } = this.parts;
    const who = speech.stranger(row.stranger);
    const request = row.has_picture ? { stranger: row.stranger } : null;
    const facts = [speech.say("visits_count", { count: row.seen_count }), speech.when(row.last_seen_at)];
    if (row.alike) facts.push(speech.say("alike_count", { count: row.alike }));
    if (row.ignored) facts.push(speech.say("ignored"));
    const face = pictures.face(request, "?", { version: row.last_seen_at });
    const text = [element("span", { class: "name" }, who), element("span", { class: "quiet" }, facts.join(" · "))];
    return { kind: row.ignored ? "tile ignored" : "tile", content: [face, ...text] };
  }
}

/** Each camera: whether it sees, and why not; who is there; pause, and what it sees now. */
class CamerasView {
  #drawn = new Map();

  constructor(parts) {
    this.parts = parts;
    this.node = element("div", {});
  }

  refresh() {
    for (const [name, camera] of this.parts.door.cameras) {
      if (!this.#drawn.has(name)) this.#drawn.set(name, this.#build(name));
      this.#fill(this.#drawn.get(name), camera);
    }
  }

  #build(name) {
    const { speech, door } = this.parts;
    const state = element("span", { class: "tag" });
    const reason = element("p", { class: "quiet", lang: "en" });
    const outcome = new Outcome(this.parts);
    const picture = element("figure", { hidden: true });
    const pause = button("", () => this.#pause(name, pause, outcome));
    const show = button(speech.say("snapshot"), () => this.#show(name, picture, show, outcome));
    pause.hidden = !door.can("pause");
    show.hidden = !door.can("snapshot");
    const heading = element("h2", {}, speech.camera(name), " ", state);
    const presence = element("p");
    this.node.append(
      element(
        "section",
        { "aria-label": speech.camera(name) },
        heading,
        presence,
        reason,
        element("div", { class: "line" }, show, pause),
        outcome.node,
        picture,
      ),
    );
    return { state, reason, presence, pause };
  }

  #fill({ state, reason, presence, pause }, { status, people, paused }) {
    const { speech } = this.parts;
    const words = { online: "online", offline: "camera_offline", paused: "paused" };
    state.textContent = status ? speech.say(words[status.status]) : speech.say("waiting");
    state.className = `tag ${status?.status ?? ""}`;
    reason.textContent = [status?.reason, status?.hint].filter(Boolean).join(" ");
    presence.textContent = status?.status === "online" ? present(this.parts, people) || speech.say("nobody_here") : "";
    pause.textContent = speech.say(paused ? "resume" : "pause");
    pause.dataset.verb = paused ? "resume" : "pause";
  }

  #pause(camera, pressed, outcome) {
    return outcome.attempt([pressed], () => this.parts.wire.ask(pressed.dataset.verb, { camera }));
  }

  #show(camera, picture, pressed, outcome) {
    const { speech, wire } = this.parts;
    return outcome.attempt([pressed], async () => {
      const seen = await wire.ask("snapshot", { camera, marked: true }, { seconds: LONG_ANSWER_SECONDS });
      const text = speech.say("snapshot_of", { camera: speech.camera(camera), when: speech.when(seen.frame_at) });
      picture.replaceChildren(
        element("img", { src: `data:image/jpeg;base64,${seen.image}`, alt: text }),
        element("figcaption", { class: "quiet" }, text),
      );
      picture.hidden = false;
    });
  }
}

/** Who is before a camera, in words; empty where nobody is. */
function present({ door, speech }, people) {
  if (!people) return "";
  const who = people.people.map((person) => door.name(person));
  if (people.strangers) who.push(speech.say("strangers_here", { count: people.strangers }));
  return who.join(", ");
}

/** The settings in words, each with its safe range; what edged refuses stands below its field, with why. */
class SettingsView {
  #drawn = new Map();

  constructor(parts) {
    this.parts = parts;
    this.node = element("div", {});
  }

  refresh() {
    const { settings } = this.parts.door;
    const names = [
      ...Object.keys(SETTINGS).filter((name) => settings.has(name)),
      ...[...settings.keys()].filter((name) => !(name in SETTINGS)),
    ];
    for (const name of names) {
      const state = settings.get(name);
      if (!this.#drawn.has(name)) this.#drawn.set(name, this.#build(name, state));
      this.#drawn.get(name)(state);
    }
  }

  /** Draw a setting; gives what shows another state of it. */
  #build(name, state) {
    const { speech } = this.parts;
    const [title, text] = speech.setting(name);
    const outcome = new Outcome(this.parts);
    const field = typeof state.value === "boolean" ? this.#switch(name, outcome) : this.#number(name, state, outcome);
    const range = element("span");
    const hint = element("p", { class: "quiet" }, text, " ", range);
    const reset = button("", () => this.#send(name, null, field, outcome));
    this.node.append(element("section", { "data-setting": name }, labelled(title, field, hint), reset, outcome.node));
    return (now) => {
      this.#show(field, now);
      range.textContent = this.#range(name, now);
      reset.textContent = speech.say("reset", { standard: this.#words(now.default) });
      reset.hidden = !now.overridden;
    };
  }

  #switch(name, outcome) {
    const field = element("input", { type: "checkbox", role: "switch", onchange: () => this.#send(name, field.checked, field, outcome) });
    return field;
  }

  #number(name, { minimum, maximum }, outcome) {
    const send = () => {
      if (Number.isFinite(field.valueAsNumber)) return this.#send(name, field.valueAsNumber, field, outcome);
      outcome.refuse(new Error(this.parts.speech.say("number_needed")));
    };
    const field = element("input", {
      type: "number",
      min: minimum,
      max: maximum,
      step: SETTINGS[name]?.step ?? "any",
      inputmode: "decimal",
      onchange: send,
    });
    return field;
  }

  #show(field, { value, locked }) {
    if (field.type === "checkbox") {
      field.checked = value;
      field.disabled = locked;
    } else if (field.getRootNode().activeElement !== field && !field.matches("[aria-invalid=true]")) field.value = value;
  }

  #range(name, { default: standard, minimum, maximum, locked }) {
    const { speech } = this.parts;
    if (locked) return speech.say("locked");
    if (minimum === null || minimum === undefined) return speech.say("setting_standard", { standard: this.#words(standard) });
    const unit = SETTINGS[name]?.unit ? ` ${SETTINGS[name].unit}` : "";
    const [least, most, usual] = [minimum, maximum, standard].map((number) => speech.number(number));
    return speech.say("setting_range", { minimum: least, maximum: most, standard: usual, unit });
  }

  #words(value) {
    const { speech } = this.parts;
    return typeof value === "boolean" ? speech.say(value ? "on" : "off") : speech.number(value);
  }

  /** Change a setting; what is refused stays as it was typed until it is right. */
  async #send(name, value, field, outcome) {
    field.setAttribute("aria-invalid", "true");
    await outcome.attempt([], async () => {
      const { settings } = await this.parts.wire.ask("settings", { set: { [name]: value } });
      field.removeAttribute("aria-invalid");
      if (field.type !== "checkbox") field.value = settings[name].value;
      this.parts.notices.say(this.parts.speech.say("saved"));
    });
    if (field.type === "checkbox" && field.matches("[aria-invalid=true]")) field.checked = !field.checked;
  }
}

/** Views of which one is seen, chosen by tap or by arrow keys; a view is read when it is seen, and again when something happened. */
class Tabs {
  constructor(parts, views) {
    this.parts = parts;
    this.views = views;
    this.bar = element("div", {
      class: "tabs",
      role: "tablist",
      "aria-label": parts.speech.say("views"),
      onkeydown: (event) => this.#key(event),
    });
    this.panel = element("div", { class: "panel", role: "tabpanel", tabindex: "0" });
    for (const name of views.keys()) this.bar.append(this.#tab(name));
    this.panel.id = `edged-panel-${(labels += 1)}`;
    this.node = element("div", {}, this.bar, this.panel);
  }

  show(name) {
    this.shown = name;
    for (const tab of this.bar.children) {
      const chosen = tab.dataset.view === name;
      tab.setAttribute("aria-selected", chosen);
      tab.tabIndex = chosen ? 0 : -1;
      if (chosen) this.panel.setAttribute("aria-labelledby", tab.id);
    }
    const view = this.views.get(name);
    this.panel.replaceChildren(view.node);
    this.refresh();
  }

  refresh() {
    return this.views.get(this.shown)?.refresh();
  }

  #tab(name) {
    const tab = button(this.parts.speech.say(name), () => this.show(name), {
      role: "tab",
      id: `edged-tab-${(labels += 1)}`,
      "data-view": name,
    });
    return tab;
  }

  #key(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const tabs = [...this.bar.children];
    const next = tabs[(tabs.findIndex((tab) => tab.dataset.view === this.shown) + step + tabs.length) % tabs.length];
    this.show(next.dataset.view);
    next.focus();
  }
}

const STYLE = `
  /* Colours of the theme, with as much of that of text as weak eyes need: themes choose them for icons. */
  :host { display: block; --edged-text: var(--primary-text-color, black);
    --edged-bad: color-mix(in srgb, var(--error-color, #db4437) 60%, var(--edged-text));
    --edged-good: color-mix(in srgb, var(--success-color, #43a047) 50%, var(--edged-text)); }
  * { box-sizing: border-box; }
  ha-card { display: block; padding: 16px; color: var(--primary-text-color); background: var(--ha-card-background, var(--card-background-color, white)); }
  h1, h2, h3 { margin: 0; font-weight: 500; font-size: 1.3em; line-height: 1.3; overflow-wrap: anywhere; }
  h3, .panel h2 { font-size: 1.05em; }
  p { margin: 4px 0; }
  button, input, select { font: inherit; color: inherit; min-height: 40px; border-radius: 8px; border: 1px solid var(--divider-color, #ccc);
    background: var(--card-background-color, white); padding: 6px 12px; max-width: 100%; }
  button { cursor: pointer; }
  button:disabled { opacity: 0.5; cursor: default; }
  :focus-visible { outline: 2px solid var(--primary-color, #03a9f4); outline-offset: 2px; }
  .primary { border-color: var(--primary-color, #03a9f4); box-shadow: inset 0 0 0 1px var(--primary-color, #03a9f4); font-weight: 500; }
  .danger { color: var(--edged-bad); border-color: currentColor; }
  .quiet { color: var(--secondary-text-color, #727272); font-size: 0.9em; }
  .refusal { color: var(--edged-bad); overflow-wrap: anywhere; }
  .refusal:empty { display: none; }
  .notice { background: var(--secondary-background-color, #eee); border-radius: 8px; padding: 8px 12px; }
  .banner { border-left: 4px solid var(--warning-color, #ffa600); padding: 4px 12px; }
  /* Not taken away: what was not there before is not read out by every screen reader. */
  .notice:empty, .banner:empty { border: none; margin: 0; padding: 0; }
  .tabs { display: flex; flex-wrap: wrap; gap: 4px; margin: 12px 0; }
  .tabs button { border-color: transparent; padding: 6px 8px; flex: 1 0 auto; }
  @media (max-width: 500px) { .tabs { gap: 0; } .tabs button { padding: 6px 4px; font-size: 0.95em; } }
  .tabs [aria-selected="true"] { font-weight: 500; border-bottom: 3px solid var(--primary-color, #03a9f4); border-radius: 8px 8px 0 0; }
  .panel { max-height: 75vh; overflow-y: auto; padding: 2px; }
  ul { list-style: none; margin: 0; padding: 0; }
  .rows li + li { margin-top: 4px; }
  .row { display: flex; align-items: center; gap: 12px; width: 100%; text-align: start; border-color: transparent; padding: 6px; }
  .row:hover, .tile:hover { background: var(--secondary-background-color, #eee); }
  .text { display: flex; flex-direction: column; min-width: 0; overflow-wrap: anywhere; }
  .name { font-weight: 500; }
  .tag { display: inline-block; border: 1px solid var(--divider-color, #ccc); font-size: 0.8em; font-weight: 400; border-radius: 8px; padding: 0 8px; margin-inline-start: 6px;
    background: var(--secondary-background-color, #eee); }
  .tag.online { color: var(--edged-good); }
  .tag.offline { color: var(--edged-bad); }
  .frame { position: relative; flex: none; width: 56px; height: 56px; border-radius: 50%; overflow: hidden; display: grid; place-items: center;
    background: var(--secondary-background-color, #eee); }
  .frame img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: cover; }
  .frame img[hidden] { display: none; }
  .initial { font-size: 1.3em; }
  .wall { display: grid; grid-template-columns: repeat(auto-fill, minmax(104px, 1fr)); gap: 8px; }
  .wall li { content-visibility: auto; contain-intrinsic-size: 104px 150px; }
  .tile { display: flex; flex-direction: column; align-items: center; gap: 4px; width: 100%; height: 100%; text-align: center;
    border-color: transparent; padding: 6px; }
  .tile .frame { width: 72px; height: 72px; }
  .tile.ignored .frame { opacity: 0.5; }
  .more { width: 100%; margin-top: 8px; }
  dialog { width: min(480px, 100vw - 16px); max-height: calc(100dvh - 16px); border: none; border-radius: 12px; padding: 16px;
    color: var(--primary-text-color, black); background: var(--card-background-color, white); }
  dialog::backdrop { background: rgba(0, 0, 0, 0.5); }
  dialog header { display: flex; justify-content: space-between; align-items: start; gap: 8px; }
  .close { border-color: transparent; font-size: 1.4em; line-height: 1; }
  section { padding: 12px 0; border-top: 1px solid var(--divider-color, #ccc); }
  .panel section:first-child { border-top: none; }
  .line { display: flex; flex-wrap: wrap; gap: 8px; align-items: end; margin: 6px 0; }
  .field { flex: 1 1 180px; display: flex; flex-direction: column; gap: 4px; }
  .field > input[type="text"], .field > select { width: 100%; }
  .field > input[type="number"] { width: 140px; }
  .field > input[type="checkbox"] { align-self: start; width: 24px; }
  .check { display: flex; gap: 8px; align-items: center; margin: 8px 0; }
  .check input { min-height: 24px; width: 24px; flex: none; }
  .facts { display: flex; gap: 12px; align-items: center; }
  .facts .frame { width: 112px; height: 112px; border-radius: 12px; }
  figure { margin: 8px 0; }
  figure img { width: 100%; border-radius: 8px; }
  .ring { display: block; width: 160px; margin: 12px auto; }
  .ring circle { fill: none; stroke-width: 8; transform: rotate(-90deg); transform-origin: 50% 50%; }
  .ring .track { stroke: var(--divider-color, #ccc); }
  .ring .arc { stroke: var(--primary-color, #03a9f4); stroke-linecap: round; transition: stroke-dashoffset 0.3s; }
  .ring text { fill: currentColor; font-size: 20px; text-anchor: middle; dominant-baseline: central; }
  .hint { text-align: center; font-size: 1.2em; min-height: 1.5em; }
  [hidden] { display: none !important; }
  @media (prefers-reduced-motion: reduce) { * { transition: none !important; } }
`;

/** Everything that the views of an open card share, and what belongs to the time for which it is open. */
class OpenCard {
  #settling = null;

  constructor(hass, config, root, topicRoot) {
    this.root = root;
    this.speech = new Speech(hass());
    this.wire = new Wire(hass, this.speech, topicRoot);
    this.door = new Door(this.wire);
    this.pictures = new Pictures(this.wire, (verb) => this.door.can(verb));
    this.notices = new Notices();
    this.banner = element("p", { class: "banner", role: "status" }, this.speech.say("waiting"));
    this.presence = element("p", { role: "status" });
    this.body = element("div");
    const title = config.title ?? this.speech.say("title");
    this.node = element("ha-card", {}, element("h1", {}, title), this.presence, this.banner, this.notices.node, this.body);
    this.door.addEventListener("change", () => this.#changed());
    this.door.addEventListener("happened", () => this.#settle());
  }

  async open() {
    try {
      await this.door.open();
    } catch (error) {
      this.banner.textContent = error.message;
    }
  }

  close() {
    clearTimeout(this.#settling);
    this.pictures.close();
    this.wire.close();
  }

  openStranger(id) {
    return this.views.get("strangers").open(id);
  }

  #changed() {
    if (this.door.info && !this.tabs) this.#build();
    const offline = this.door.available === false ? this.speech.say("offline") : "";
    this.banner.textContent = [offline, this.door.problem].filter(Boolean).join(" ");
    const lines = [...this.door.cameras].map(([name, { people }]) => [name, present(this, people)]).filter(([, who]) => who);
    const here = lines.map(([camera, who]) => this.speech.say("here", { camera: this.speech.camera(camera), who })).join(" · ");
    this.presence.textContent = here || (this.door.available ? this.speech.say("nobody_here") : "");
    if (["cameras", "settings"].includes(this.tabs?.shown)) this.tabs.refresh();
  }

  #build() {
    const can = (verb) => this.door.can(verb);
    this.views = new Map();
    if (can("visits")) this.views.set("visits", new VisitsView(this));
    if (can("people")) this.views.set("people", new PeopleView(this));
    if (can("strangers")) this.views.set("strangers", new StrangersView(this));
    this.views.set("cameras", new CamerasView(this));
    if (can("settings")) this.views.set("settings", new SettingsView(this));
    this.tabs = new Tabs(this, this.views);
    this.body.replaceChildren(this.tabs.node);
    this.tabs.show(this.views.keys().next().value);
    if (can("people"))
      this.door.people().then(
        () => this.#changed(),
        () => undefined,
      ); // names come with events too
  }

  /** Read the list that is seen again, once for what happens at about the same time. */
  #settle() {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.tabs?.refresh(), SETTLE_MS);
  }
}

/** The element that Home Assistant puts on a dashboard: `type: custom:edged-card`, and where there are several devices, `device`. */
class EdgedCard extends HTMLElement {
  #config = {};
  #hass = null;
  #open = null;
  #finding = null;

  static getStubConfig() {
    return {};
  }

  setConfig(config) {
    for (const key of ["device", "prefix", "title"]) {
      if (config[key] !== undefined && typeof config[key] !== "string") throw new Error(`edged-card: "${key}" is a text`);
    }
    this.#config = config;
    this.#restart();
  }

  set hass(hass) {
    const changed = this.#hass && new Speech(this.#hass).locale !== new Speech(hass).locale;
    this.#hass = hass;
    if (changed) this.#restart();
    else this.#start();
  }

  getCardSize() {
    return 8;
  }

  getGridOptions() {
    return { columns: "full", min_columns: 6 };
  }

  connectedCallback() {
    this.#start();
  }

  disconnectedCallback() {
    this.#stop();
  }

  #restart() {
    this.#stop();
    this.#start();
  }

  #start() {
    if (!this.isConnected || !this.#hass || this.#open || this.#finding) return;
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    const { prefix = DEFAULT_PREFIX, device } = this.#config;
    if (device) this.#show(root, `${prefix}/${device}`);
    else this.#find(root, prefix);
  }

  #stop() {
    this.#finding?.close();
    this.#open?.close();
    this.#finding = this.#open = null;
  }

  #show(root, topicRoot) {
    this.#open = new OpenCard(() => this.#hass, this.#config, root, topicRoot);
    root.replaceChildren(element("style", {}, STYLE), this.#open.node);
    this.#open.open();
  }

  /** Hear which devices there are, and show the only one. */
  #find(root, prefix) {
    const speech = new Speech(this.#hass);
    const wire = (this.#finding = new Wire(() => this.#hass, speech, prefix));
    const told = element("p", { class: "banner", role: "status" }, speech.say("no_device"));
    root.replaceChildren(element("style", {}, STYLE), element("ha-card", {}, told));
    const devices = new Set();
    const heard = (_payload, topic) => {
      devices.add(topic.slice(prefix.length + 1).split("/")[0]);
      clearTimeout(wire.settling);
      wire.settling = setTimeout(() => choose(), SETTLE_MS);
    };
    const choose = () => {
      if (this.#finding !== wire) return;
      if (devices.size > 1) return void (told.textContent = speech.say("several_devices", { devices: [...devices].sort().join(", ") }));
      this.#stop();
      this.#show(root, `${prefix}/${[...devices][0]}`);
    };
    wire.listen(`${prefix}/+/info`, heard).catch((error) => (told.textContent = error.message));
  }
}

if (!customElements.get("edged-card")) {
  customElements.define("edged-card", EdgedCard);
  window.customCards = [
    ...(window.customCards ?? []),
    { type: "edged-card", name: "edged", description: "Who was at the door: visits, people and strangers of edged" },
  ];
}
