using System.Diagnostics.Metrics;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Integration.Tests.Cli;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Diagnostics;

namespace OrleansRaft.Integration.Tests.Server;

/// <summary>Each kind of alarm that a silo raises is seen where people and programs look for it, and gone from there when it is cleared.</summary>
public sealed class AlarmSurfaceTests(CounterServer server) : IClassFixture<CounterServer>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static TheoryData<string> Kinds => [.. AlarmNames.All];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task An_alarm_is_told_by_health_status_and_metric_until_it_is_cleared(string name)
    {
        var board = server.Services.GetRequiredService<AlarmBoard>();
        await UntilGoneAsync();
        board.Report(name, "a subject", $"Something is wrong with {name}.", "Mend it.", "counters-3");
        try
        {
            (await AlarmAsync()).ShouldBe((name, "counters-3", "silo-1", $"Something is wrong with {name}.", "Mend it."));
            var status = await CommandLineRun.AtAsync(server.Client.BaseAddress!, "status");
            status.ExitCode.ShouldBe(1);
            status.Output.ShouldContain($"{name} on silo-1 since");
            status.Output.ShouldContain($"Something is wrong with {name}.");
            status.Error.ShouldContain("Mend it.");
            if (name != AlarmNames.Leaderless)
            {
                // Its metric counts groups.
                ReadMetric(name).ShouldBe(1);
            }
        }
        finally
        {
            board.Clear(name, "a subject");
        }

        await UntilGoneAsync();
        var after = await CommandLineRun.AtAsync(server.Client.BaseAddress!, "status");
        after.ExitCode.ShouldBe(0, after.Error);
        after.Output.ShouldContain("alarms      none");
        ReadMetric(name).ShouldBe(0);
    }

    /// <summary>Whoever adds a kind of alarm shows a test in which something real raises and clears it, and marks it with the alarm's name.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_test_raises_each_kind_of_alarm_by_a_real_cause_and_sees_it_cleared(string name) =>
        Assembly.GetExecutingAssembly().GetTypes()
            .SelectMany(static type => type.GetMethods())
            .SelectMany(static method => method.GetCustomAttributes<TraitAttribute>())
            .ShouldContain(trait => trait.Name == "alarm" && trait.Value == name);

    private async Task<(string? Name, string? Group, string? Silo, string? Detail, string? Remedy)> AlarmAsync()
    {
        (string?, string?, string?, string?, string?) told = default;
        await Eventually.HoldsAsync(
            async () =>
            {
                var alarms = (await server.Client.AskAsync("/health/alarms")).ShouldBeJson().GetProperty("alarms");
                if (alarms.GetArrayLength() != 1)
                {
                    return false;
                }

                string? Text(string field) => alarms[0].GetProperty(field).GetString();
                told = (Text("alarm"), Text("group"), Text("silo"), Text("detail"), Text("remedy"));
                return true;
            },
            "there is one alarm",
            Patience);
        return told;
    }

    private Task UntilGoneAsync() => Eventually.HoldsAsync(
        async () =>
            (await server.Client.AskAsync("/health/alarms")).ShouldBeJson().GetProperty("alarms").GetArrayLength() == 0,
        "there is no alarm",
        Patience);

    /// <summary>
    /// What this silo's own meter says: what is scraped holds a thousand series at most, and the test process has the silos of all other tests.
    /// </summary>
    private long? ReadMetric(string name)
    {
        long? read = null;
        var metrics = server.Services.GetRequiredService<RaftMetrics>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter, metrics.Meter) && instrument.Name == "raft.alarms")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<int>((_, value, tags, _) => Take(value, tags));
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => Take(value, tags));
        listener.Start();
        listener.RecordObservableInstruments();
        return read;

        void Take(long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach (var tag in tags)
            {
                if (tag.Key == "alarm" && (string?)tag.Value == name)
                {
                    read = value;
                }
            }
        }
    }
}
