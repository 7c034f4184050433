using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansRaft.Cli.Serve.Tls;
using OrleansRaft.Cli.Tls;
using OrleansRaft.Runtime.Diagnostics;

namespace OrleansRaft.Integration.Tests.Trust;

/// <summary>A certificate that ends soon is an alarm before it ends, and until another stands in its files.</summary>
public sealed class CertificateAlarmTests : IDisposable
{
    private readonly FakeTimeProvider time = new(TimeProvider.System.GetUtcNow());
    private TlsFiles? files;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("alarm", AlarmNames.CertificateExpiring)]
    public async Task A_certificate_that_ends_within_two_weeks_is_an_alarm_until_it_is_renewed()
    {
        files = await TlsFiles.MakeAsync("--days", "20");
        var settings = Settings();
        var alarms = new AlarmBoard(time);
        using var certificates = new SiloCertificates(
            settings, TlsIdentity.Read(settings, time.GetUtcNow())!, time, alarms, NullLogger<SiloCertificates>.Instance);
        await certificates.StartAsync(Cancellation);
        await LookAsync(() => true);
        alarms.Active.ShouldBeEmpty("there are twenty days left");

        time.Advance(TimeSpan.FromDays(7));
        await LookAsync(() => alarms.Active.Count == 1);
        var alarm = alarms.Active.Single();
        (await files.InitAsync("--renew", "--days", "90")).ExitCode.ShouldBe(0);
        await LookAsync(() => alarms.Active.Count == 0);
        time.Advance(TimeSpan.FromDays(91));
        await LookAsync(() => alarms.Active.Count == 1);

        alarm.Name.ShouldBe(AlarmNames.CertificateExpiring);
        alarm.Detail.ShouldContain("silo-1.pem ends at");
        alarm.Remedy.ShouldContain("oraft tls init");
        alarms.Active.Single().Detail.ShouldContain("silo-1.pem ended at");
        await certificates.StopAsync(Cancellation);
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

    /// <summary>Lets the files be looked at until something holds.</summary>
    private async Task LookAsync(Func<bool> holds)
    {
        do
        {
            time.Advance(TimeSpan.FromSeconds(2));
            await Task.Delay(5, Cancellation);
        }
        while (!holds());
    }
}
