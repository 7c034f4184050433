using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Http;

/// <summary>Sees to it that whatever happens in a handler becomes a problem, and never a stack trace.</summary>
internal static class Guard
{
    /// <summary>A handler that answers exceptions of another.</summary>
    public static RequestDelegate Around(RequestDelegate handler, ILogger logger) => async context =>
    {
        try
        {
            if ((PathAsSent.FindDots(context.Request) ?? PathAsSent.FindGap(context.Request)) is { } wrong)
            {
                wrong.Write(context.Response);
                return;
            }

            await handler(context);
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            if (ProblemOf(exception, context, logger) is { } problem)
            {
                context.Response.Clear();
                problem.Write(context.Response);
            }
        }
    };

    private static Problem? ProblemOf(Exception exception, HttpContext context, ILogger logger)
    {
        switch (exception)
        {
            case OperationCanceledException or IOException when context.RequestAborted.IsCancellationRequested:
                return null;
            case BadHttpRequestException refused:
                return KnownProblems.OfStatus(refused.StatusCode, context.Request);
            default:
                Log.RequestFailed(logger, context.Request.Method, context.Request.Path, exception);
                return KnownProblems.InternalError(definite: KnownProblems.IsSafe(context.Request.Method));
        }
    }
}
