using System.CommandLine;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.PostgreSql;

namespace OrleansRaft.Cli.Serve;

/// <summary><c>oraft migrate</c>: shows, checks or applies the scripts that make the schema, for those whose silos may not.</summary>
internal static class MigrateCommand
{
    private static readonly Option<bool> Print = new("--print") { Description = "Print the scripts that the servers lack, or all of them where no "
        + "server is named, as psql takes them." };

    private static readonly Option<bool> Check = new("--check") { Description = "Say which scripts the servers lack; the exit code is 1 when there "
        + "is one." };

    private static readonly Option<bool> Apply = new("--apply") { Description = "Apply what the servers lack, each script in one transaction." };

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new Command(
            "migrate",
            "Brings the schema of PostgreSQL databases up to date. A silo does so by itself when it starts, if its user may; this is for an owner "
            + "whose silos may only read and write.")
        {
            Print, Check, Apply, PostgresSettings.Servers.Option, PostgresSettings.File.Option,
        };
        command.SetAction(async (parsed, cancellation) => (int)await RunAsync(parsed, cancellation));
        return command;
    }

    private static async Task<ExitCode> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var (print, check, apply) = (parsed.GetValue(Print), parsed.GetValue(Check), parsed.GetValue(Apply));
        if ((print ? 1 : 0) + (check ? 1 : 0) + (apply ? 1 : 0) != 1)
        {
            throw new CliException(ExitCode.Usage, "`oraft migrate` needs one of --print, --check and --apply.", "See `oraft migrate --help`.");
        }

        var output = parsed.InvocationConfiguration.Output;
        var servers = PostgresSettings.Read(parsed, SiloHost.CreateBuilder([]).Configuration);
        if (print && servers.Count == 0)
        {
            await PrintAsync(await PostgreSqlSchema.ReadScriptsAsync(cancellation), output);
            return ExitCode.Ok;
        }

        PostgresCommands.RequireNamed(servers);
        return await PostgresCommands.ExplainedAsync(async () =>
        {
            var lacking = 0;
            foreach (var server in servers)
            {
                var missing = await PostgreSqlSchema.FindMissingAsync(server, cancellation);
                lacking += missing.Count;
                if (print)
                {
                    await PrintAsync(missing, output);
                    continue;
                }

                if (apply && missing.Count > 0)
                {
                    await PostgreSqlSchema.MigrateAsync(server, logger: null, cancellation);
                }

                var names = string.Join(", ", missing.Select(static script => $"{script.Number} {script.Name}"));
                await output.WriteLineAsync(missing.Count == 0
                    ? $"{PostgreSqlSchema.Describe(server)} is up to date"
                    : $"{PostgreSqlSchema.Describe(server)} {(apply ? "was given" : "lacks")} {names}");
            }

            return check && lacking > 0 ? ExitCode.Refused : ExitCode.Ok;
        });
    }

    private static async Task PrintAsync(IReadOnlyList<SchemaScript> scripts, TextWriter output)
    {
        foreach (var script in scripts)
        {
            await output.WriteLineAsync($"BEGIN;\nSET LOCAL search_path = {PostgreSqlSchema.Name};\n{script.Text.TrimEnd()}\nCOMMIT;\n");
        }
    }
}
