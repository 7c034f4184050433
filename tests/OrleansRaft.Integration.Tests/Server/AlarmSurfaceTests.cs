using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Integration.Tests.Cli;
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
                await UntilMetricAsync(name, 1);
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
        await UntilMetricAsync(name, 0);
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

    /// <summary>What is scraped is kept for a moment.</summary>
    private async Task UntilMetricAsync(string name, int value)
    {
        await Eventually.HoldsAsync(
            async () =>
            {
                var lines = (await server.Client.AskAsync("/metrics")).Text.Split('\n')
                    .Where(static line => line.StartsWith("raft_alarms", StringComparison.Ordinal))
                    .ToList();
                return lines.Exists(line => line.Contains($"alarm=\"{name}\"", StringComparison.Ordinal)
                    && line[(line.LastIndexOf('}') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0] == $"{value}");
            },
            $"raft_alarms counts {value} of {name}",
            Patience);
    }
}
