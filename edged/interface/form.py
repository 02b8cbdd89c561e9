"""What all requests and answers have in common, and the row that puts the two of a verb side by side.

It does not know which verbs there are.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeAlias, TypeVar, Union

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from edged.errors import BadRequest
from edged.interface.fields import RequestId

if TYPE_CHECKING:
    from collections.abc import Mapping

    from _typeshed import DataclassInstance

    from edged.config import VerbGroup
    from edged.interface.fields import Json

MAX_FIELDS = 100
"""Fields of an object in a request: pydantic notes every field that is wrong, and 1.4 MB hold 400,000 of them."""
MAX_NAME_CHARACTERS = 100
"""Characters of a field's or verb's name in the sentence of an error."""
WANTED = {
    "bool_type": "send true or false",
    "int_type": "send a whole number",
    "float_type": "send a number",
    "string_type": "send text",
    "missing": "is missing",
}
"""What is said of a value of another type, by pydantic's type of error."""
REFUSED = "refused"
"""How pydantic calls an error that is a whole sentence."""


class Form(BaseModel):
    """A request, which is the command itself; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)
    id: RequestId | None = None
    """Comes back in the response."""

    @model_validator(mode="before")
    @classmethod
    def _count(cls, content: object) -> object:
        """Count the fields of the request, and of each object in it, before one is looked at."""
        if isinstance(content, dict) and any(len(part) > MAX_FIELDS for part in (content, *content.values()) if isinstance(part, dict)):
            raise ValueError(f"there are more than {MAX_FIELDS} fields")
        return content

    @classmethod
    def of(cls, **fields: object) -> Self:
        """The request with these fields.

        Raises:
            BadRequest: one of them is not what the form allows.
        """
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            raise BadRequest(sentence(error, cls)) from error


class Payload(BaseModel):
    """A message that edged sends by itself: nothing stands in it but what its form names."""

    model_config = ConfigDict(extra="forbid")

    def to_json(self) -> bytes:
        """UTF-8 JSON."""
        return self.model_dump_json().encode()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request gives: a frozen value whose fields have the types of `fields`, so that there is one way from it to JSON."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    @classmethod
    def extending(cls, value: DataclassInstance, **more: object) -> Self:
        """An answer that says all that another value says, and more."""
        return cls(**{field.name: getattr(value, field.name) for field in fields(value)}, **more)


FormT = TypeVar("FormT", bound=Form)
AnswerT = TypeVar("AnswerT", bound=Answer)


@dataclass(frozen=True, slots=True)
class Verb(Generic[FormT, AnswerT]):
    """The row of a verb: what is asked, what is answered, and what follows from it."""

    name: str
    form: type[FormT]
    answer: type[AnswerT]
    _: KW_ONLY
    group: VerbGroup
    """The key of `[mqtt.allow]` that says whether it is accepted over MQTT."""
    also: tuple[type[Answer], ...] = ()
    """Other answers that may come, before the last one or in its place."""
    changes_gallery: bool = False
    """Whether people or strangers may be others after it."""
    logged: bool = False
    """Whether the journal notes that it was carried out or refused."""
    logs_malformed: bool = False
    """Whether the journal also notes a request that is not of its form."""
    bare: bool = False
    """Whether it is a bare value on a topic of its own, answered as the verb of this name is."""


AnyVerb: TypeAlias = "Verb[Any, Any]"


def plain(answer: Answer) -> dict[str, Json]:
    """An answer as the JSON values that stand on the wire."""
    values: dict[str, Json] = _adapter(type(answer)).dump_python(answer, mode="json")  # type: ignore[arg-type] # a class has a hash
    return values


def json_bytes(answer: Answer) -> int:
    """How many bytes an answer has as JSON."""
    return len(_adapter(type(answer)).dump_json(answer))  # type: ignore[arg-type] # a class has a hash


def parsed(verb: AnyVerb, data: Mapping[str, Json]) -> Answer:
    """The answer of a verb that plain() gave.

    Raises:
        ValueError: it is none.
    """
    answer: Answer = _adapter(Union[verb.answer, *verb.also]).validate_python(data)
    return answer


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - a class, or a union of classes
    """What turns a class of answers, or a union of some, into JSON and back; made when it is needed first, which takes milliseconds."""
    return TypeAdapter(kind)


def refused(message: str) -> PydanticCustomError:
    """What a form's validator raises where fields do not go together: the whole sentence."""
    return PydanticCustomError(REFUSED, "{message}", {"message": message})


def sentence(error: ValidationError, form: type[Form]) -> str:
    """What is wrong with a request, and which fields there are."""
    problem = error.errors(include_input=False, include_url=False, include_context=False)[0]
    if problem["type"] == REFUSED:
        return str(problem["msg"])
    where = ".".join(shortened(str(part), MAX_NAME_CHARACTERS) for part in problem["loc"])
    what = WANTED.get(problem["type"]) or problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        what = "there is no such field" + (f"; there are: {', '.join(form.model_fields)}" if len(problem["loc"]) == 1 else "")
    return f"{where}: {what}." if where else f"The request is not what it should be: {what}."


def shortened(text: str, most: int) -> str:
    """A text of at most so many characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
