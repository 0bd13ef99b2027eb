{{- define "tafelronde.labels" -}}
app.kubernetes.io/name: tafelronde
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "tafelronde.selector" -}}
app.kubernetes.io/name: tafelronde
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- /* A pod of one container: (dict "root" $ "name" … "command" (list …) "resources" …). */ -}}
{{- define "tafelronde.pod" -}}
automountServiceAccountToken: false
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets: {{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: { type: RuntimeDefault }
volumes:
  - { name: var, emptyDir: {} }
  - { name: tmp, emptyDir: {} }
  {{- if .kept }}
  - name: kept
    persistentVolumeClaim: { claimName: {{ .root.Release.Name }}-kept }
  {{- end }}
  {{- with .root.Values.volumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
containers:
  - name: {{ .name }}
    image: "{{ required "image.repository: where the image is" .root.Values.image.repository }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}"
    args: {{ toJson .command }}
    env:
      - { name: ALLOWED_HOSTS, value: {{ .root.Values.host | quote }} }
      - { name: SITE_URL, value: {{ printf "https://%s" .root.Values.host | quote }} }
      - { name: PROXIES, value: {{ .root.Values.proxies | quote }} }
      - { name: JOURNAL, value: /var/lib/tafelronde/kept/journal }
      {{- range $name, $value := .root.Values.env }}
      - { name: {{ $name }}, value: {{ $value | quote }} }
      {{- end }}
    envFrom:
      - secretRef: { name: {{ .root.Values.secret }} }
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: { drop: [ALL] }
    volumeMounts:
      - { name: var, mountPath: /var/lib/tafelronde }
      - { name: tmp, mountPath: /tmp }
      {{- if .kept }}
      - { name: kept, mountPath: /var/lib/tafelronde/kept }
      {{- end }}
      {{- with .root.Values.mounts }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    resources: {{- toYaml .resources | nindent 6 }}
{{- end }}
