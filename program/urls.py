from django.urls import path

from program.public import feeds, pictures, preview, saved, views

app_name = "program"

urlpatterns = [
    path("", views.home, name="home"),
    path("opgeslagen/", saved.saved, name="saved"),
    path(pictures.NAME, feeds.home_picture, name="home-picture"),
    path("programma.json/", feeds.data_format, name="data-format"),
    path("sitemap.xml", feeds.sitemap, name="sitemap"),
    path("voorbeeld/<str:token>/", preview.event, name="preview"),
    path("voorbeeld/<str:token>/tafelsessie/<slug:code>/", preview.session, name="preview-session"),
    path("<slug:slug>/", views.event, name="event"),
    path("<slug:slug>/tafelsessie/<slug:code>/", views.session, name="session"),
    path(f"<slug:slug>/{pictures.NAME}", feeds.event_picture, name="picture"),
    path(
        f"<slug:slug>/tafelsessie/<slug:code>/{pictures.NAME}",
        feeds.session_picture,
        name="session-picture",
    ),
    path("<slug:slug>/agenda.ics", feeds.calendar, name="calendar"),
    path("<slug:slug>/programma.json", feeds.data, name="data"),
]
