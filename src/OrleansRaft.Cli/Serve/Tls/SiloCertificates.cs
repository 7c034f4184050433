using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Tls;
using OrleansRaft.Runtime.Diagnostics;

namespace OrleansRaft.Cli.Serve.Tls;

/// <summary>
/// The certificates that a silo uses for new connections: read again when their files change, so that they are renewed without a restart. Connections
/// that are open keep theirs.
/// </summary>
/// <remarks>
/// The files are read every few seconds, a few kilobytes, and compared: what is mounted into containers changes behind symbolic links, where times
/// of files and notifications tell nothing.
/// </remarks>
internal sealed class SiloCertificates : BackgroundService
{
    private static readonly TimeSpan LookPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan WarnBefore = TimeSpan.FromDays(14);
    private static readonly TimeSpan WarnPause = TimeSpan.FromHours(12);

    private readonly TlsSettings settings;
    private readonly TimeProvider time;
    private readonly AlarmBoard alarms;
    private readonly ILogger<SiloCertificates> logger;
    private volatile TlsIdentity current;
    private string lastProblem = "";
    private DateTimeOffset warnedAt = DateTimeOffset.MinValue;

    /// <summary>Begins with what the files hold.</summary>
    /// <param name="settings">Which files.</param>
    /// <param name="first">What they held when the silo was started.</param>
    /// <param name="time">The clock.</param>
    /// <param name="alarms">Where to say that a certificate ends soon.</param>
    /// <param name="logger">Where changes are told.</param>
    public SiloCertificates(TlsSettings settings, TlsIdentity first, TimeProvider time, AlarmBoard alarms, ILogger<SiloCertificates> logger)
    {
        this.alarms = alarms;
        this.settings = settings;
        this.time = time;
        this.logger = logger;
        current = first;
    }

    /// <summary>What new connections use.</summary>
    public TlsIdentity Current => current;

    /// <summary>Which files, and what they are for.</summary>
    public TlsSettings Settings => settings;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookPause, time);
        do
        {
            Look();
        }
        while (await WaitAsync(timer, stoppingToken));
    }

    private static async Task<bool> WaitAsync(PeriodicTimer timer, CancellationToken stopping)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void Look()
    {
        var now = time.GetUtcNow();
        try
        {
            if (TlsIdentity.Read(settings, now, current.Digest) is { } changed)
            {
                current = changed;
                Log.CertificateRead(logger, settings.Certificate.Path, CertificateCheck.Text(changed.Certificate.NotAfter));
            }

            lastProblem = "";
        }
        catch (CliException problem)
        {
            // Files that are being replaced one by one do not go together for a moment; what stays so is told once.
            if (problem.Message == lastProblem)
            {
                return;
            }

            lastProblem = problem.Message;
            Log.CertificateRefused(logger, problem.Message, problem.Next);
        }

        WarnIfLate(now);
    }

    private void WarnIfLate(DateTimeOffset now)
    {
        var end = current.Certificate.NotAfter.ToUniversalTime();
        if (end - now >= WarnBefore)
        {
            alarms.Clear(AlarmNames.CertificateExpiring, settings.Certificate.Path);
            return;
        }

        alarms.Report(
            AlarmNames.CertificateExpiring,
            settings.Certificate.Path,
            $"The certificate in {settings.Certificate.Path} {(end <= now ? "ended" : "ends")} at {CertificateCheck.Text(end)}: from then on no "
                + "client and no other silo connects to this silo any more.",
            "Write a new certificate and its key into the same files, by `oraft tls init DIR --renew` or by your own authority: the silo takes them "
                + "within seconds, without a restart.");
        if (now - warnedAt >= WarnPause)
        {
            warnedAt = now;
            Log.CertificateEnds(logger, settings.Certificate.Path, CertificateCheck.Text(end));
        }
    }
}
