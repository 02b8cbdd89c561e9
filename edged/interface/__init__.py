"""The words on the wire: each verb with its request and answer side by side, events, states and topics.

Neither the broker nor what carries a request out is known here. A verb is added in these places:

1. its words, in a module of this room: a `Form`, an `Answer`, and the row `SHOW = Verb("show", Show, ShowAnswer, group="people")`, which
   `ROWS` finds; the group is a key of `[mqtt.allow]`, which names the verb in `edged.config` and in the README of `systemd`;
2. its handler, in a part of `edged.control`: a method marked `@answers(SHOW)` that takes the form and gives the answer;
3. a part that is new, in `edged.daemon.opening`, which hands all parts to `Control`;
4. its command of the shell, if it is to have one, in `edged.cli`, and its fields and error codes in the README of `edged.mqtt`;
5. its test, beside the part's own in `tests/control`; that form, answer and handler belong together is tested for all rows at once.
"""
