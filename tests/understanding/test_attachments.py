"""Attached lists and forms: each format read, each cap held, nothing raised."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from mailbot.mail.message import Attachment
from mailbot.understanding import attachments

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def file(name: str, data: bytes) -> Attachment:
    return Attachment(name, "application/octet-stream", len(data), data)


def people(*files: Attachment) -> list[dict[str, str]]:
    return [{key: found.value for key, found in r.fields.items()} for r in attachments.read(files).records]


def notes(*files: Attachment) -> list[str]:
    return [note.code for note in attachments.read(files).notes]


def document(body: str, head: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(
            "word/document.xml", f'<?xml version="1.0"?>{head}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'
        )
    return out.getvalue()


def row(*cells: str) -> str:
    return "<w:tr>" + "".join(f"<w:tc><w:p><w:r><w:t>{c}</w:t></w:r></w:p></w:tc>" for c in cells) + "</w:tr>"


def test_a_spreadsheet_whose_ean_is_a_number() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for line in (["Fornavn", "Efternavn", "Titel", "Mail", "EAN"], ["Dagmar", "Bilde", "Afsnitsleder", "dagb@x.dk", 5798009142108]):
        sheet.append(line)
    out = io.BytesIO()
    book.save(out)
    assert people(file("liste.xlsx", out.getvalue())) == [
        {"name": "Dagmar Bilde", "title": "Afsnitsleder", "email": "dagb@x.dk", "ean": "5798009142108"}
    ]


def test_a_csv_file_and_where_its_values_came_from() -> None:
    read = attachments.read([file("a.csv", "navn;titel;mail\nKalle Hedevang;teamleder;kahe@x.dk\n".encode("cp1252"))])
    assert read.records[0].fields["title"].source == "attachment:a.csv"
    assert read.records[0].name == "Kalle Hedevang"


def test_a_word_form_with_a_content_control() -> None:
    control = "<w:sdt><w:sdtContent><w:p><w:r><w:t>Navn: Fadumo Warsame Ali</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    table = "<w:tbl>" + row("Titel", "Afdelingsleder") + row("EAN", "5798 0091 4210 8") + "</w:tbl>"
    assert people(file("t.docx", document(control + table))) == [
        {"name": "Fadumo Warsame Ali", "title": "Afdelingsleder", "ean": "5798009142108"}
    ]


def test_a_document_with_entities_is_refused() -> None:
    bomb = document("<w:p/>", '<!DOCTYPE x [<!ENTITY a "aaaa">]>')
    assert notes(file("b.docx", bomb)) == ["attachment_unreadable"]


def test_a_file_that_unpacks_to_too_much() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"<a>" + b" " * (attachments.MAX_UNPACKED + 1))
    assert notes(file("z.docx", out.getvalue())) == ["attachment_too_large"]


def test_a_scan_without_text() -> None:
    scan = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    )
    assert notes(file("SKM.pdf", scan)) == ["scan_without_text"]


def test_a_large_file_is_not_opened_and_a_picture_is_no_matter() -> None:
    assert notes(Attachment("a.xlsx", "", 9_000_000, None)) == ["attachment_too_large"]
    assert attachments.read([file("logo.png", b"x")]).notes == []


@pytest.mark.parametrize("name", ["a.xlsx", "a.docx", "a.pdf", "a.csv", "a.txt"])
@given(data=st.binary(max_size=400))
def test_no_bytes_raise(name: str, data: bytes) -> None:
    attachments.read([file(name, data)])
