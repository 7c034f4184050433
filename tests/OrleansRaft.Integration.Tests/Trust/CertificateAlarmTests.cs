using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansRaft.Cli.Serve.Tls;
using OrleansRaft.Cli.Tls;
using OrleansRaft.Runtime.Diagnostics;

namespace OrleansRaft.Integration.Tests.Trust;

/// <summary>A certificate that ends soon is an alarm before it ends, and until another stands in its files.</summary>
public sealed class CertificateAlarmTests : IDisposable
{
    private static readonly TimeSpan Moment = TimeSpan.FromMinutes(1);

    private TlsFiles? files;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("alarm", AlarmNames.CertificateExpiring)]
    public async Task A_certificate_that_ends_within_two_weeks_is_an_alarm_until_it_is_renewed()
    {
        files = await TlsFiles.MakeAsync("--days", "20");
        await using var look = await LookingAsync(TimeSpan.FromDays(6) - Moment);
        await look.UntilAsync(static _ => true);
        look.Alarms.ShouldBeEmpty("there are two weeks left");

        await look.UntilAsync(static alarms => alarms.Count == 1);
        var alarm = look.Alarms.Single();
        (await files.InitAsync("--renew", "--days", "90")).ExitCode.ShouldBe(0);
        await look.UntilAsync(static alarms => alarms.Count == 0);

        alarm.Name.ShouldBe(AlarmNames.CertificateExpiring);
        alarm.Detail.ShouldContain("silo-1.pem ends at");
        alarm.Remedy.ShouldContain("oraft tls init");
    }

    [Fact]
    public async Task A_certificate_that_has_ended_is_an_alarm_that_says_so()
    {
        files = await TlsFiles.MakeAsync("--days", "20");
        await using var look = await LookingAsync(TimeSpan.FromDays(20) - Moment);

        await look.UntilAsync(static alarms => alarms.Any(alarm => alarm.Detail.Contains("silo-1.pem ended at", StringComparison.Ordinal)));

        look.Alarms.ShouldHaveSingleItem().Name.ShouldBe(AlarmNames.CertificateExpiring);
    }

    public void Dispose() => files?.Dispose();

    private TlsSettings Settings() => new()
    {
        Certificate = new PemFile(files!["silo-1.pem"], "--tls-cert"),
        Key = new PemFile(files["silo-1-key.pem"], "--tls-key"),
        Authority = new PemFile(files["ca.pem"], "--tls-ca"),
        SiloName = TlsCommands.SiloNameByDefault,
        RequiresClientCertificate = false,
    };

    private async Task<Look> LookingAsync(TimeSpan afterNow)
    {
        var look = new Look(Settings(), TimeProvider.System.GetUtcNow() + afterNow);
        await look.StartAsync(Cancellation);
        return look;
    }

    /// <summary>
    /// A silo's certificates, looked at on a clock that is moved by hand: by as little as may be, for each two seconds of it are a look.
    /// </summary>
    private sealed class Look : IAsyncDisposable
    {
        private readonly FakeTimeProvider time;
        private readonly AlarmBoard board;
        private readonly SiloCertificates certificates;

        public Look(TlsSettings settings, DateTimeOffset now)
        {
            time = new FakeTimeProvider(now);
            board = new AlarmBoard(time);
            certificates = new SiloCertificates(settings, TlsIdentity.Read(settings, now)!, time, board, NullLogger<SiloCertificates>.Instance);
        }

        public IReadOnlyList<Alarm> Alarms => [.. board.Active];

        public Task StartAsync(CancellationToken cancellation) => certificates.StartAsync(cancellation);

        public async Task UntilAsync(Func<IReadOnlyList<Alarm>, bool> holds)
        {
            do
            {
                time.Advance(TimeSpan.FromSeconds(2));
                await Task.Delay(5, Cancellation);
            }
            while (!holds(Alarms));
        }

        public async ValueTask DisposeAsync()
        {
            await certificates.StopAsync(CancellationToken.None);
            certificates.Dispose();
        }
    }
}
