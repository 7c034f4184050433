using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Runtime;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Audit;

/// <summary>
/// Who changed what: every request of an operator or admin that is not a mere read is logged, in a category of its own, and written into the
/// catalogue, which keeps the last thousand.
/// </summary>
internal sealed class AuditTrail : BackgroundService
{
    /// <summary>The category of the log.</summary>
    public const string Category = "OrleansRaft.Audit";

    private const int WaitingMax = 1_000;
    private const int BatchMax = 64;
    private const int TextMax = 512;
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WriteTimeMax = TimeSpan.FromSeconds(5);

    private readonly IRaftAccess? catalogue;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly string silo;
    private readonly Channel<AuditEntry> waiting;
    private long dropped;

    /// <summary>Makes one.</summary>
    /// <param name="services">The application's; where it has no catalogue, the audit is a log alone.</param>
    /// <param name="options">The silo's name.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">The logs.</param>
    public AuditTrail(IServiceProvider services, IOptions<SiloOptions> options, TimeProvider time, ILoggerFactory loggers)
    {
        this.time = time;
        catalogue = services.GetService<IRaftAccess>();
        logger = loggers.CreateLogger(Category);
        silo = options.Value.SiloName ?? "";
        waiting = Channel.CreateBounded<AuditEntry>(
            new BoundedChannelOptions(WaitingMax) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            _ => Interlocked.Increment(ref dropped));
    }

    /// <summary>A handler whose requests are written down.</summary>
    /// <param name="handler">The handler; whatever happens, it answers.</param>
    /// <param name="operation">The operation's id.</param>
    public RequestDelegate Around(RequestDelegate handler, string operation) => async context =>
    {
        var request = new AuditedRequest();
        context.Features.Set(request);
        await handler(context);
        Note(context, operation, request.Body);
    };

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (catalogue is null)
        {
            return;
        }

        try
        {
            while (await waiting.Reader.WaitToReadAsync(stoppingToken))
            {
                var batch = new List<AuditEntry>();
                while (batch.Count < BatchMax && waiting.Reader.TryRead(out var entry))
                {
                    batch.Add(entry);
                }

                await WriteAsync(catalogue, batch, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What was not written is in the log.
        }
    }

    private void Note(HttpContext context, string operation, string body)
    {
        var entry = new AuditEntry(
            0,
            DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds()),
            context.User.Identity is { IsAuthenticated: true, Name: { Length: > 0 } name } ? name : "anonymous",
            context.Connection.RemoteIpAddress?.ToString() ?? "this process",
            Short($"{operation}: {context.Request.Method} {context.Request.Path}{context.Request.QueryString} {body}".TrimEnd()),
            context.Features.Get<Problem>() is { } problem ? $"{context.Response.StatusCode} {problem.Type}" : $"{context.Response.StatusCode}",
            silo);
        if (context.Response.StatusCode < StatusCodes.Status400BadRequest)
        {
            Log.Changed(logger, entry.Who, entry.From, entry.What, entry.Result);
        }
        else
        {
            Log.ChangeRefused(logger, entry.Who, entry.From, entry.What, entry.Result);
        }

        waiting.Writer.TryWrite(entry);
    }

    private async Task WriteAsync(IRaftAccess catalogue, List<AuditEntry> batch, CancellationToken stopping)
    {
        while (true)
        {
            try
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
                limit.CancelAfter(WriteTimeMax);

                // An outcome that is unknown is written again: an entry that stands there twice tells more than one that is missing.
                if (await catalogue.NoteAuditAsync(batch, limit.Token) is Committed<AccessContents>)
                {
                    if (Interlocked.Exchange(ref dropped, 0) is > 0 and var lost)
                    {
                        Log.AuditIncomplete(logger, lost);
                    }

                    return;
                }
            }
            catch (Exception) when (!stopping.IsCancellationRequested)
            {
                // The catalogue has no leader at the moment; entries wait, and the log has them.
            }

            await Task.Delay(RetryPause, time, stopping);
        }
    }

    private static string Short(string text) => text.Length <= TextMax ? text : text[..TextMax] + "...";
}
