"""Whose something is where a mail tells of several: by the place in front of them, below their names, by who is meant."""

from __future__ import annotations

from understanding.test_people import write


def test_a_place_in_front_of_who_comes_from_it_is_theirs() -> None:
    made = write("Fra Varde Bibliotek kommer Ane Friis (souschef), og fra Ølgod Bibliotek sender vi Bo Emil Lund.\n\nMette Holm")
    assert {p.name: p.organisation for p in made.participants} == {"Ane Friis": "Varde Bibliotek", "Bo Emil Lund": "Ølgod Bibliotek"}


def test_a_diet_on_a_line_of_its_own_below_a_number_is_theirs_who_stand_above() -> None:
    first, second = "Ane Friis, souschef:\nMobil 20193582\nVegetar", "Bo Emil Lund, teamleder:\nMobil 30193583"
    made = write(f"{first}\n\n{second}\n\nHilsen Mette Holm")
    assert {p.name: p.dietary for p in made.participants} == {"Ane Friis": "Vegetar", "Bo Emil Lund": None}


def test_who_wants_to_send_their_deputy_is_not_meant() -> None:
    made = write(
        "Jeg er leder på Varde Bibliotek, og jeg vil gerne have min souschef med på Hverdagsledelse. Hun hedder Ane Friis.\n\nMette Holm"
    )
    assert [(p.name, p.title) for p in made.participants] == [("Ane Friis", "souschef")]
    assert made.contact is not None


def test_a_labelled_value_ends_where_a_sentence_follows() -> None:
    made = write("Jeg tilmelder mig. Arbejdssted: Varde Bibliotek. Reference: Lise Toft. Jeg spiser ikke fjerkræ.\n\nMette Holm")
    assert [(p.organisation, p.reference) for p in made.participants] == [("Varde Bibliotek", "Lise Toft")]


def test_the_writer_in_brackets_comes_and_who_only_was_there_does_not() -> None:
    both = write("Sæt gerne mig (teamleder) og Bo Emil Lund (souschef) på.\n\nMette Holm")
    assert {p.name: p.title for p in both.participants} == {"Mette Holm": "teamleder", "Bo Emil Lund": "souschef"}
    other = write("Kan Ane Friis komme med? Hun er souschef hos os. Jeg selv deltog i 2025.\n\nMette Holm")
    assert [(p.name, p.returning) for p in other.participants] == [("Ane Friis", None)]
