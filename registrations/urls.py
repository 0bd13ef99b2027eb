from django.urls import path, re_path

from registrations.door import pages as door
from registrations.door import shell as door_shell
from registrations.door import views as door_data
from registrations.public import host, personal, results, try_out, views
from registrations.public.check_mail import check_mail

app_name = "registrations"

urlpatterns = [
    path("<slug:slug>/aanmelden/", views.sign_up, name="sign-up"),
    path("<slug:slug>/aanmelden/controleer-je-mail/", check_mail, name="check-mail"),
    path("<slug:slug>/mijn-link/", views.my_link, name="my-link"),
    path("<slug:slug>/wie-komen/", views.who_comes, name="who-comes"),
    path("<slug:slug>/uitslag.json", results.result, name="result"),
    path("voorbeeld/<str:token>/aanmelden/", try_out.try_out, name="try-out"),
    path("aanmelding/geen-mail/<str:token>/", personal.no_mail, name="no-mail"),
    path("aanmelding/<str:token>/", personal.mine, name="mine"),
    path("aanmelding/<str:token>/bevestigen/", personal.confirm, name="confirm"),
    path("aanmelding/<str:token>/tafels/", personal.change_tables, name="tables"),
    path("aanmelding/<str:token>/antwoorden/", personal.change_answers, name="answers"),
    path("aanmelding/<str:token>/niet-wachten/", personal.stop_waiting, name="stop-waiting"),
    path("aanmelding/<str:token>/plek-nemen/", personal.take_place, name="take-place"),
    path("aanmelding/<str:token>/annuleren/", personal.cancel, name="cancel"),
    path("aanmelding/<str:token>/zichtbaar/", personal.listed, name="listed"),
    path("aanmelding/<str:token>/berichten/", personal.choose, name="mail-to-all"),
    path("aanmelding/<str:token>/wissen/", personal.erase, name="erase"),
    path("aanmelding/<str:token>/agenda.ics", personal.calendar, name="my-calendar"),
    path("aanmelding/<str:token>/gegevens/", personal.data_page, name="data"),
    path("aanmelding/<str:token>/gegevens.txt", personal.data_as_text, name="data-as-text"),
    path("aanmelding/<str:token>/gegevens.json", personal.data, name="my-data"),
    path("gastheer/<str:token>/", host.page, name="host"),
    path("gastheer/<str:token>/voorstel/", host.propose, name="host-propose"),
    path("gastheer/<str:token>/voorstel/<slug:code>/", host.propose, name="host-propose-text"),
    path("gastheer/<str:token>/wissen/", host.erase, name="host-erase"),
    path("gastheer/<str:token>/gegevens.json", host.data, name="host-data"),
    # Longer than any word: an event called 'pas' has its door too.
    re_path(r"^deur/pas/(?P<token>[\w.-]{60,})/$", door.open_pass, name="door-pass"),
    re_path(
        r"^deur/(?P<slug>[-\w]+)/pas/(?P<token>[\w.-]{60,})/$", door.open_pass, name="door-icon"
    ),
    re_path(
        r"^deur/(?P<slug>[-\w]+)/pas/(?P<token>[\w.-]{60,})/app\.webmanifest$",
        door_shell.manifest_of_pass,
        name="door-icon-manifest",
    ),
    path("deur/", door.doors, name="doors"),
    path("deur/<slug:slug>/", door.door, name="door"),
    path("deur/<slug:slug>/afdrukken/", door.on_paper, name="door-print"),
    path("deur/<slug:slug>/begin/", door.start, name="door-start"),
    path("deur/<slug:slug>/tik/", door.tick, name="door-tick"),
    path("deur/<slug:slug>/klaar/", door.finish, name="door-finish"),
    path("deur/<slug:slug>/schil/", door_shell.shell, name="door-shell"),
    path("deur/<slug:slug>/sw.js", door_shell.worker, name="door-worker"),
    path("deur/<slug:slug>/app.webmanifest", door_shell.manifest, name="door-manifest"),
    path("deur/<slug:slug>/hallo/", door_data.hello, name="door-hello"),
    path("deur/<slug:slug>/sync/", door_data.sync, name="door-sync"),
]
