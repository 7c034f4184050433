using System.Diagnostics;

namespace OrleansRaft.Testbed.PostgreSql;

/// <summary>Where PostgreSQL's programs are, and how to run them: PostgreSQL refuses to run as root.</summary>
internal sealed class PostgresPrograms
{
    private const string UnprivilegedUser = "postgres";

    private static readonly Lazy<PostgresPrograms> Found = new(Find);

    private readonly string directory;

    private PostgresPrograms(string directory)
    {
        this.directory = directory;
    }

    public static PostgresPrograms Get() => Found.Value;

    public string PathOf(string program) => Path.Combine(directory, program);

    /// <summary>A process that runs a program as an unprivileged user.</summary>
    public static ProcessStartInfo AsUnprivileged(string program, params ReadOnlySpan<string> arguments)
    {
        var start = new ProcessStartInfo { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        if (Environment.IsPrivilegedProcess)
        {
            start.FileName = "setpriv";
            foreach (var argument in new[] { $"--reuid={UnprivilegedUser}", $"--regid={UnprivilegedUser}", "--clear-groups", program })
            {
                start.ArgumentList.Add(argument);
            }
        }
        else
        {
            start.FileName = program;
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // The unprivileged user may not be allowed into the directory of the tests.
        start.WorkingDirectory = Path.GetTempPath();
        return start;
    }

    public static void MakeOwner(string path)
    {
        if (Environment.IsPrivilegedProcess)
        {
            Run(
                new ProcessStartInfo("chown", ["-R", $"{UnprivilegedUser}:{UnprivilegedUser}", path])
                {
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                });
        }
    }

    public static string Run(ProcessStartInfo start)
    {
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start");
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException(
                $"{start.FileName} {string.Join(' ', start.ArgumentList)} ended with {process.ExitCode}: {output}{error.Result}");
    }

    private static PostgresPrograms Find()
    {
        var directory = Search();
        if (directory is null && Environment.IsPrivilegedProcess && File.Exists("/usr/bin/apt-get"))
        {
            Console.Error.WriteLine("PostgreSQL is missing: installing it with apt-get. This takes a minute.");
            Run(new ProcessStartInfo("/bin/sh", ["-c", "apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y postgresql"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            });
            directory = Search();
        }

        return new PostgresPrograms(directory ?? throw new PostgresUnavailableException(
            "PostgreSQL's programs (initdb, postgres) were not found in the PATH or below /usr/lib/postgresql: install the package 'postgresql'"));
    }

    private static string? Search()
    {
        var versions = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(
                version => int.TryParse(Path.GetFileName(version), out var number) ? number : 0)
            : Enumerable.Empty<string>();
        var candidates = versions.Select(version => Path.Combine(version, "bin")).Concat(
            (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator));
        return candidates.FirstOrDefault(
            candidate => File.Exists(Path.Combine(candidate, "initdb")) && File.Exists(Path.Combine(candidate, "postgres")));
    }
}
