"""The browser that tests drive and benchmarks measure: the Chromium of this machine."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright

# Of two such lists Chromium takes the last, so what Playwright turns off stands here again.
OFF = [
    # Pages of the address bar, made for each window that nobody sees: more work than most of our tests are.
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup"),
    # What would reach for the network by itself.
    *("OptimizationHints", "NetworkTimeServiceQuerying", "PreconnectToSearch", "AimEnabled", "MediaRouter"),
    # What has pages load, paint or close otherwise than they are told.
    *("HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable", "PaintHolding", "ThirdPartyStoragePartitioning"),
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "AvoidCorsURLLoaderRestartOnRedirect", "DestroyProfileOnBrowserClose"),
]


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """One that runs."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--disable-dev-shm-usage", f"--disable-features={','.join(OFF)}"],
        )
        yield browser
        await browser.close()
