from django.urls import path

from registrations import no_mail, personal, personal_answers, views

app_name = "registrations"

urlpatterns = [
    path("<slug:slug>/aanmelden/", views.sign_up, name="sign-up"),
    path("<slug:slug>/aanmelden/controleer-je-mail/", views.check_mail, name="check-mail"),
    path("<slug:slug>/mijn-link/", views.my_link, name="my-link"),
    path("<slug:slug>/wie-komen/", views.who_comes, name="who-comes"),
    path("aanmelding/geen-mail/<str:token>/", no_mail.no_mail, name="no-mail"),
    path("aanmelding/<str:token>/", personal.mine, name="mine"),
    path("aanmelding/<str:token>/bevestigen/", personal.confirm, name="confirm"),
    path("aanmelding/<str:token>/tafels/", personal.change_tables, name="tables"),
    path("aanmelding/<str:token>/antwoorden/", personal_answers.change_answers, name="answers"),
    path("aanmelding/<str:token>/niet-wachten/", personal.stop_waiting, name="stop-waiting"),
    path("aanmelding/<str:token>/plek-nemen/", personal.take_place, name="take-place"),
    path("aanmelding/<str:token>/annuleren/", personal.cancel, name="cancel"),
    path("aanmelding/<str:token>/zichtbaar/", personal.listed, name="listed"),
    path("aanmelding/<str:token>/berichten/", no_mail.choose, name="mail-to-all"),
    path("aanmelding/<str:token>/wissen/", personal.erase, name="erase"),
    path("aanmelding/<str:token>/agenda.ics", personal.calendar, name="my-calendar"),
    path("aanmelding/<str:token>/gegevens.json", personal.data, name="my-data"),
]
