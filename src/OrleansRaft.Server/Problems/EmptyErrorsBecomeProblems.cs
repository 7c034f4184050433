using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace OrleansRaft.Server;

/// <summary>
/// Gives a problem as body to the errors that routing answers with a bare status: 404, 405, 415. Outermost, so that it sees all of them, and refuses
/// a path with dots before anything answers for what the path was folded to.
/// </summary>
internal sealed class EmptyErrorsBecomeProblems : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(inner => context =>
        {
            if (PathAsSent.FindDots(context.Request) is { } problem)
            {
                problem.Write(context.Response);
                return Task.CompletedTask;
            }

            var work = inner(context);
            if (!work.IsCompletedSuccessfully)
            {
                return FinishAsync(work, context);
            }

            Finish(context);
            return Task.CompletedTask;
        });
        next(app);
    };

    private static async Task FinishAsync(Task work, HttpContext context)
    {
        await work;
        Finish(context);
    }

    private static void Finish(HttpContext context)
    {
        var response = context.Response;
        if (response is { StatusCode: >= StatusCodes.Status400BadRequest, HasStarted: false, ContentLength: null, ContentType: null })
        {
            KnownProblems.OfStatus(response.StatusCode, context.Request).Write(response);
        }
    }
}
