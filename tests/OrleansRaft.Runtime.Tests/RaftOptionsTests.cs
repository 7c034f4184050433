using System.Globalization;
using System.Xml.Linq;
using OrleansRaft.Core;
using OrleansRaft.Runtime.Sessions;

namespace OrleansRaft.Runtime.Tests;

public sealed class RaftOptionsTests
{
    [Fact]
    public void The_defaults_are_valid_and_those_of_Core()
    {
        Failures(_ => { }).ShouldBeEmpty();
        new RaftOptions().ToSettings().ShouldBe(new RaftSettings());
        new RaftOptions().ToSessionLimits().ShouldBe(SessionLimits.Initial);
    }

    [Fact]
    public void Every_wrong_value_is_named_in_a_sentence()
    {
        Failures(options => options.ElectionTicksMin = 2).ShouldHaveSingleItem().ShouldContain(
            "Raft:ElectionTicksMin is 2, but must be at least three times");
        Failures(options => options.ElectionTicksMax = 4).ShouldHaveSingleItem().ShouldContain("Raft:ElectionTicksMax");
        Failures(options => options.HeartbeatTicks = 0).ShouldHaveSingleItem().ShouldContain("Raft:HeartbeatTicks is 0");
        Failures(
            options =>
                (
                    options.TickInterval,
                    options.RoundWaitMax) = (TimeSpan.Zero,
                    TimeSpan.Zero)).ShouldHaveSingleItem().ShouldContain("Raft:TickInterval");
        Failures(options => options.InboxBytesMax = 1).ShouldHaveSingleItem().ShouldContain("Raft:InboxBytesMax");
        Failures(options => (options.LeaderLease, options.CheckQuorum) = (true, false)).ShouldHaveSingleItem().ShouldContain("Raft:LeaderLease");
        Failures(
            options =>
                options.RoundWaitMax = TimeSpan.FromSeconds(
                    1)).ShouldHaveSingleItem().ShouldContain("Raft:RoundWaitMax is 00:00:01, but must be between 0");
        Failures(
            options =>
                options.ReturnPatience = TimeSpan.FromSeconds(
                    -1)).ShouldHaveSingleItem().ShouldContain("Raft:ReturnPatience is -00:00:01, but must be between 0");
        Failures(options => options.Workers = 257).ShouldHaveSingleItem().ShouldContain("Raft:Workers is 257, but must be from 0 ");
        Failures(options => options.RequestRetention = TimeSpan.FromSeconds(6)).ShouldHaveSingleItem().ShouldContain("Raft:RequestRetention");
        Failures(options => options.AttemptTimeout = TimeSpan.FromSeconds(6)).ShouldHaveSingleItem().ShouldContain("Raft:AttemptTimeout");
        Failures(options => (options.SessionsMax, options.RequestIdsMax) = (0, -1)).Count.ShouldBe(2);
    }

    /// <summary>What the documentation of an option says, with its unit, is what an option has that nobody sets.</summary>
    [Fact]
    public void Each_option_documents_the_default_that_it_has()
    {
        var documentation = XDocument.Load(Path.ChangeExtension(typeof(RaftOptions).Assembly.Location, "xml"));
        var prefix = $"P:{typeof(RaftOptions).FullName}.";
        var documented = documentation.Descendants("member")
            .Where(member => member.Attribute("name")!.Value.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(member => member.Attribute("name")!.Value[prefix.Length..], member => TextOf(member.Element("value")));

        var options = new RaftOptions();
        var actual = typeof(RaftOptions).GetProperties()
            .ToDictionary(
                property => property.Name, property => $"The default is {Written(property.GetValue(options)!, documented[property.Name])}.");

        documented.ShouldBe(actual, ignoreOrder: true);
    }

    private static string TextOf(XElement? value) => value is null
        ? ""
        : string.Concat(
            value.Nodes().Select(node => node is XElement { Name.LocalName: "see" } see ? see.Attribute("langword")!.Value : node.ToString()));

    private static string Written(object value, string documented) => value switch
    {
        bool flag => flag ? "true" : "false",
        TimeSpan time when documented.Contains(" day", StringComparison.Ordinal) => $"{time.TotalDays:0.###} day",
        TimeSpan time when documented.Contains("hour", StringComparison.Ordinal) => $"{time.TotalHours:0.###} hour",
        TimeSpan time when documented.Contains("minute", StringComparison.Ordinal) => $"{time.TotalMinutes:0.###} minutes",
        TimeSpan time when documented.Contains("milli", StringComparison.Ordinal) => $"{time.TotalMilliseconds:0.###} milliseconds",
        TimeSpan time => $"{time.TotalSeconds:0.###} seconds",
        IConvertible number when documented.Contains("KiB", StringComparison.Ordinal) => $"{number.ToInt64(null) / 1024.0:0.###} KiB",
        IConvertible number when documented.Contains("MiB", StringComparison.Ordinal) => $"{number.ToInt64(null) / 1024.0 / 1024.0:0.###} MiB",
        IConvertible number => number.ToInt64(null).ToString("#,0", CultureInfo.InvariantCulture),
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, "a default is a flag, a time or a number"),
    };

    private static List<string> Failures(Action<RaftOptions> change)
    {
        var options = new RaftOptions();
        change(options);
        return [.. new RaftOptionsValidator().Validate(null, options).Failures ?? []];
    }
}
