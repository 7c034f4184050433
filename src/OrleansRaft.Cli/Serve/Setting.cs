using System.CommandLine;
using System.CommandLine.Parsing;
using Microsoft.Extensions.Configuration;
using OrleansRaft.Cli.CommandLine;

namespace OrleansRaft.Cli.Serve;

/// <summary>One thing that can be said on the command line, in the environment or in the settings file, in this order of precedence.</summary>
internal sealed class Setting
{
    private const string Yes = "true";

    private readonly string? byDefault;

    /// <summary>Names a setting.</summary>
    /// <param name="option">The option, such as <c>--silo-name</c>; <c>ORAFT_SILO_NAME</c> and <c>Oraft:SiloName</c> follow from it.</param>
    /// <param name="placeholder">What stands for the value in the help text.</param>
    /// <param name="description">What it says.</param>
    /// <param name="byDefault">The value when nobody says anything; null for none.</param>
    /// <param name="shownDefault">What the help text says of the default, where that is not the value itself.</param>
    /// <param name="isRepeatable">Whether it can be said several times.</param>
    /// <param name="isFlag">Whether the option alone, without a value, says yes.</param>
    public Setting(
        string option,
        string placeholder,
        string description,
        string? byDefault,
        string? shownDefault = null,
        bool isRepeatable = false,
        bool isFlag = false)
    {
        this.byDefault = byDefault;
        Environment = "ORAFT_" + option.TrimStart('-').Replace('-', '_').ToUpperInvariant();
        Key = "Oraft:" + string.Concat(option.TrimStart('-').Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
        var environment = isRepeatable ? $"{Environment}, or {Environment}_1, {Environment}_2, ..." : Environment;
        Option = new Option<string[]>(option)
        {
            Description = $"{description} [environment: {environment}; setting: {Key}]"
                + ((shownDefault ?? byDefault) is { } shown ? $" [default: {shown}]" : ""),
            HelpName = placeholder,
            Arity = isFlag ? ArgumentArity.ZeroOrMore : ArgumentArity.OneOrMore,
        };
        if (placeholder.Contains('|', StringComparison.Ordinal))
        {
            Option.CompletionSources.Add(placeholder.Split('|'));
        }

        if (!isRepeatable)
        {
            Option.Validators.Add(RequireOnce);
        }
    }

    /// <summary>As the command line says it.</summary>
    public Option<string[]> Option { get; }

    /// <summary>As the environment says it.</summary>
    public string Environment { get; }

    /// <summary>As the settings file says it.</summary>
    public string Key { get; }

    /// <summary>The value and where it was said; null when nobody said anything and there is no default.</summary>
    public (string Value, string Source)? Read(ParseResult parsed, IConfiguration configuration)
    {
        var all = ReadAll(parsed, configuration);
        return all.Count > 0 ? all[0] : null;
    }

    /// <summary>All values of a repeatable setting, from the first place that says any.</summary>
    public IReadOnlyList<(string Value, string Source)> ReadAll(ParseResult parsed, IConfiguration configuration)
    {
        if (parsed.GetResult(Option) is { Implicit: false } given)
        {
            return given.Tokens.Count == 0 ? [(Yes, Option.Name)] : [.. given.Tokens.Select(token => (token.Value, Option.Name))];
        }

        if (FromEnvironment() is { Count: > 0 } environment)
        {
            return environment;
        }

        if (FromConfiguration(configuration) is { Count: > 0 } configured)
        {
            return configured;
        }

        return byDefault is null ? [] : [(byDefault, Option.Name)];
    }

    /// <summary>What to say of a value that makes no sense.</summary>
    public static CliException Invalid((string Value, string Source) said, string mustBe) =>
        new(ExitCode.Usage, $"{said.Source} is '{said.Value}', but must be {mustBe}.", "See `oraft serve --help`.");

    private static void RequireOnce(OptionResult result)
    {
        if (result.Tokens.Count > 1)
        {
            result.AddError($"{result.Option.Name} is given {result.Tokens.Count} times; give it once.");
        }
    }

    private List<(string Value, string Source)> FromEnvironment()
    {
        var values = new List<(string, string)>();
        if (System.Environment.GetEnvironmentVariable(Environment) is { Length: > 0 } only)
        {
            values.Add((only, Environment));
        }

        for (var i = 1; System.Environment.GetEnvironmentVariable($"{Environment}_{i}") is { Length: > 0 } next; i++)
        {
            values.Add((next, $"{Environment}_{i}"));
        }

        return values;
    }

    private List<(string Value, string Source)> FromConfiguration(IConfiguration configuration)
    {
        var section = configuration.GetSection(Key);
        return section.Value is { Length: > 0 } only
            ? [(only, Key)]
            : [.. section.GetChildren().Where(child => child.Value is { Length: > 0 }).Select(child => (child.Value!, child.Path))];
    }
}
